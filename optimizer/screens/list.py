"""The screen of `commonweal list`: what there is, with units and defaults."""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.text import Text

from commonweal import instances
from commonweal.instances.generated import described
from commonweal.models import parts
from commonweal.optimizer import exports, scenario
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.screens.console import draw

Entry = dict[str, Any]

TITLES = {
    "instances": mark("Instances"),
    "levers": mark("Levers"),
    "gaps": mark("Gaps"),
    "scenarios": mark("Scenarios"),
    "exports": mark("Exports"),
}
HEADS = (mark("name"), mark("summary"), mark("regions"), mark("years"), mark("currency"))


def entries(kind: str | None = None) -> dict[str, list[Entry]]:
    """{kind: [{"name", "summary", ...}]}, for one kind or for all; levers and gaps also have "settings"."""
    return {name: list(find()) for name, find in KINDS.items() if kind in (None, name)}


def show(screen: Console, found: Mapping[str, list[Entry]]) -> None:
    """Print a heading for each kind, its entries, and the settings of those that have some."""
    for kind, items in found.items():
        screen.print(Text(_(TITLES[kind]), style="bold underline"))
        plain = [item for item in items if "settings" not in item]
        if plain:
            heads = tuple(Head(_(key), "number" if isinstance(v, int) else "text") for key, v in plain[0].items())
            draw(screen, Block("", heads, tuple(tuple(map(_said, item.values())) for item in plain)))
        for item in items:
            if "settings" in item:
                rows = tuple((s["setting"], _said(s["default"]), _said(s["meaning"])) for s in item["settings"])
                setting = _("setting of {part}", part=f"{kind}.{item['name']}")
                heads = (Head(setting), Head(_("default")), Head(_("meaning and unit")))
                title = _("{name}: {summary}", name=item["name"], summary=_(item["summary"]))
                draw(screen, Block(title, heads, rows))
        screen.print()


def _said(value: Any) -> Any:
    return _(value) if isinstance(value, str) else value


def _instances() -> Iterator[Entry]:
    for name, folder in instances.bundled().items():
        meta = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8"))
        rows = len((folder / "regions.csv").read_text(encoding="utf-8").splitlines()) - 1
        years = "-".join(map(str, sorted({meta["years"][0], meta["years"][-1]})))
        yield {
            "name": name,
            "summary": meta["title"],
            "regions": rows,
            "years": years,
            "currency": meta["currency"],
        }
    for name, meta in described().items():
        yield {
            "name": name,
            "summary": meta["title"],
            "regions": meta["regions"],
            "years": "-".join(map(str, sorted({meta["years"][0], meta["years"][-1]}))),
            "currency": meta["currency"],
        }


def _levers() -> Iterator[Entry]:
    yield from _parts(parts.levers())


def _gaps() -> Iterator[Entry]:
    yield from _parts(parts.gaps())


def _parts(found: Mapping[str, parts.Part]) -> Iterator[Entry]:
    for name, part in found.items():
        yield {"name": name, "summary": part.summary, "settings": list(settings(part.module.Settings))}


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[Entry]:
    """Every setting, those of nested tables too: {"setting", "default", "meaning"}."""
    for name, field in model.model_fields.items():
        yield {"setting": prefix + name, "default": _default(field), "meaning": field.description or ""}
        inner = _tables(field.annotation)
        if inner is not None:
            yield from settings(inner, f"{prefix}{name}.<id>.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return mark("(needed)")
    if field.default in (None, [], {}):
        return mark("none")
    default = to_jsonable_python(field.default, exclude_none=True)
    return default if isinstance(default, str) else json.dumps(default)


def _tables(annotation: Any) -> type[BaseModel] | None:
    """The settings in ``dict[str, Settings]``, if the annotation is such a dict."""
    if get_origin(annotation) is not dict:
        return None
    value = get_args(annotation)[1]
    return value if isinstance(value, type) and issubclass(value, BaseModel) else None


def _scenarios() -> Iterator[Entry]:
    for name, path in scenario.bundled().items():
        title = tomllib.loads(path.read_text(encoding="utf-8")).get("title", "")
        yield {"name": name, "summary": title}


def _exports() -> Iterator[Entry]:
    for name in exports.names():
        yield {"name": name, "summary": exports.load(name).__doc__.strip().splitlines()[0]}


KINDS: Mapping[str, Callable[[], Iterator[Entry]]] = {
    "instances": _instances,
    "levers": _levers,
    "gaps": _gaps,
    "scenarios": _scenarios,
    "exports": _exports,
}
