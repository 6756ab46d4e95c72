"""Catalogues as Babel reads and writes them."""

import fcntl
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from catalogues.texts import registered

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "optimizer" / "languages"
TEMPLATE = FOLDER / "commonweal.pot"
KEYWORDS = {"_": None, "mark": None, "plural": (1, 2)}
DATED = datetime(2026, 1, 1, tzinfo=UTC)  # always the same, so that the same texts give the same files


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else changes the catalogues inside the block."""
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def extract() -> Catalog:
    """All texts: those marked in code and templates, and those that stand in registers and bundled files."""
    found = _empty()
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    for name, _, text, _, _ in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        found.add(text, locations=[(name, 0)])
    for name, text in registered():
        found.add(text, locations=[(name, 0)])
    for message in found:
        message.locations = sorted(set(message.locations))
    return found


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parents[1].name for path in FOLDER.glob("*/LC_MESSAGES/commonweal.po"))


def source(lang: str) -> Path:
    """The .po of a language."""
    return FOLDER / lang / "LC_MESSAGES" / "commonweal.po"


def read(lang: str) -> Catalog:
    """The catalogue of a language; an empty one for a new language."""
    if not source(lang).exists():
        return _empty(lang)
    with source(lang).open("rb") as file:
        catalogue = read_po(file, locale=lang)
    catalogue.creation_date = DATED
    return catalogue


def _empty(lang: str | None = None) -> Catalog:
    title = f"# The texts of commonweal: {lang or 'template'}. Made by `make languages`."
    dates = {"creation_date": DATED, "revision_date": DATED}
    return Catalog(locale=lang, project="commonweal", header_comment=title, charset="utf-8", fuzzy=False, **dates)


def merged(catalogue: Catalog, template: Catalog) -> None:
    """Take the texts of `template` over; a translation whose text went and came back is there again."""
    for message in catalogue.obsolete.values():
        catalogue[message.id] = message
    catalogue.obsolete.clear()
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)


def translate(catalogue: Catalog, translations: Mapping[str, str | list[str]]) -> None:
    """Set translations. Raises KeyError for a text that nobody shows."""
    for text, said in translations.items():
        message = catalogue.get(text)
        if message is None:
            raise KeyError(text)
        message.string = tuple([said] if isinstance(said, str) else said) if message.pluralizable else said


def missing(catalogue: Catalog) -> Iterable[Message]:
    """Texts without a translation, or with an unsure one."""
    return [m for m in catalogue if m.id and (m.fuzzy or not (all(m.string) if m.pluralizable else m.string))]


def refresh(translations: Mapping[str, str | list[str]], into: str | None = None) -> None:
    """Write the template and, for every language, its catalogue and what is compiled from it."""
    template = extract()
    TEMPLATE.write_bytes(text(template))
    for lang in dict.fromkeys([*languages(), *([into] if into else [])]):
        catalogue = read(lang)
        merged(catalogue, template)
        if lang == into:
            translate(catalogue, translations)
        source(lang).parent.mkdir(parents=True, exist_ok=True)
        source(lang).write_bytes(text(catalogue))
        source(lang).with_suffix(".mo").write_bytes(compiled(read(lang)))


def text(catalogue: Catalog) -> bytes:
    """A .po file: texts by place, without line numbers, which would change with every edit."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, include_lineno=False)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """A .mo file."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()
