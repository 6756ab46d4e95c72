"""The language in which people are spoken to: screens, workbooks, reports, errors, help.

Sentences stand in the code in English and are looked up at the moment they are shown::

    from commonweal.language import _, mark, plural

    _("The gap falls by {fall}.", fall=fall)
    plural("{n} region rises.", "{n} regions rise.", count)   # {n} is filled in, with thousands separators
    TITLES = {"net": mark("net money received")}              # a constant is marked where it stands ...
    _(TITLES["net"])                                          # ... and looked up where it is shown

Write whole sentences with named places, never pieces glued together: other languages order words otherwise. In
templates `_` and `plural` are passed in and called as here.

Catalogues are `optimizer/languages/<language>/LC_MESSAGES/commonweal.mo`, made from the .po beside it by `make languages`. A
language is there when its catalogue is. English is the language of the code and needs none. What is written into run
folders, CSV and JSON stays English, whatever is spoken: the same run gives the same files.

The language is that of the environment's COMMONWEAL_LANG, which `use` sets: threads and worker processes follow. LANG
is not followed, because what is exported would then differ from one computer to the next.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

FOLDER = Path(__file__).parent / "optimizer" / "languages"
DOMAIN = "commonweal"
ENGLISH = "en"
VARIABLE = "COMMONWEAL_LANG"
GETTEXT = "LANGUAGE"  # what gettext's own functions follow, by which libraries look up their words


def languages() -> tuple[str, ...]:
    """English, then every language that has a catalogue."""
    return (ENGLISH, *sorted(path.parents[1].name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def language() -> str:
    """The language spoken now, such as "en" or "zh"."""
    return os.environ.get(VARIABLE) or ENGLISH


def use(lang: str) -> None:
    """Speak `lang` from now on. Raises ValueError for one without a catalogue."""
    if lang not in languages():
        raise ValueError(f"No language '{lang}'. Choose one of {', '.join(languages())}.")
    os.environ[VARIABLE] = os.environ[GETTEXT] = lang


@contextmanager
def speaking(lang: str | None = None) -> Iterator[None]:
    """Speak `lang` inside the block, or what `use` says there; afterwards what was spoken before."""
    before = {name: os.environ.get(name) for name in (VARIABLE, GETTEXT)}
    try:
        if lang is not None:
            use(lang)
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def mark(text: str) -> str:
    """`text` itself: says that it is shown to people, and is looked up with `_` where it is shown."""
    return text


def _(text: str, **values: object) -> str:
    """`text` in the language spoken now, its named places filled in; English where the catalogue has no entry."""
    catalogue = _catalogue(FOLDER, language())
    said = catalogue.gettext(text) if catalogue and text else text
    return said.format(**values) if values else said


def plural(one: str, many: str, n: int, **values: object) -> str:
    """`one` or `many`, as the language counts `n`; {n} and the other named places filled in."""
    catalogue = _catalogue(FOLDER, language())
    said = catalogue.ngettext(one, many, n) if catalogue else one if n == 1 else many
    return said.format(n=f"{n:,d}", **values)


@cache
def _catalogue(folder: Path, lang: str) -> "NullTranslations | None":
    """The catalogue of `lang`; None for English and where there is none."""
    if lang == ENGLISH:
        return None
    import gettext  # only another language needs it

    return gettext.translation(DOMAIN, folder, [lang], fallback=True)
