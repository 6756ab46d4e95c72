"""docs/mechanisms.md: from the paper's sentence to file, formula, settings, test and effect on a plan.

python -m docs.mechanisms      writes it anew (17 seconds); a test compares and asks whether every mechanism is alive

What a lever's file says of itself is read from there; the rest stands in mechanisms.toml, effects in effects.py.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

from commonweal.models.parts import levers
from commonweal.optimizer.screens.list import entries
from docs.effects import CASE, MECHANISMS, YEAR, Effect, effect

PAGE = Path(__file__).with_name("mechanisms.md")


def sentence(code: str) -> str:
    """The paper's words, with their section."""
    told = MECHANISMS[code]
    if "sentence" in told:
        return str(told["sentence"])
    doc = levers()[told["levers"][0]].module.__doc__
    return " ".join(doc.split("Source:")[1].split())


def formula(code: str) -> str:
    """The indented lines of the files' docstrings."""
    told = MECHANISMS[code]
    if "formula" in told:
        return str(told["formula"]).strip()
    names = [f"commonweal.models.levers.{name}" for name in told.get("levers", [])]
    names += ["commonweal." + file.removesuffix(".py").replace("/", ".") for file in told.get("files", [])]
    blocks = [_indented(cleandoc(import_module(name).__doc__ or "")) for name in names]
    return "\n\n".join(block for block in blocks if block)


def _indented(doc: str) -> str:
    lines = [line.removeprefix("    ") for line in doc.splitlines() if line.startswith("    ")]
    return "\n".join(lines)


def files(code: str) -> list[str]:
    """Where it is written."""
    told = MECHANISMS[code]
    return [f"models/levers/{name}.py" for name in told.get("levers", [])] + list(told.get("files", []))


def tests(code: str) -> list[str]:
    """Where it is tested."""
    told = MECHANISMS[code]
    return [f"tests/models/levers/test_{name}.py" for name in told.get("levers", [])] + list(told.get("tests", []))


def _settings(code: str) -> Iterator[str]:
    told = MECHANISMS[code]
    if "settings" in told:
        yield f"Settings: {told['settings']}."
        return
    known = {entry["name"]: entry["settings"] for entry in entries("levers")["levers"]}
    yield "| setting | default | meaning and unit |"
    yield "|---|---|---|"
    for lever in told["levers"]:
        for row in known[lever]:
            yield f"| `levers.{lever}.{row['setting']}` | {row['default']} | {row['meaning']} |"


def _links(paths: list[str]) -> str:
    return ", ".join(f"[{Path(path).name}](../{path})" for path in paths)


def _signed(pair: tuple[float, float], digits: int) -> str:
    return f"{pair[0]:,.{digits}f} → {pair[1]:,.{digits}f}"


def page(effects: Mapping[str, Effect]) -> str:
    """The whole document."""
    lines = [
        "# The 29 mechanisms of the paper",
        "",
        "From the sentence of the paper to the file, its formula, its settings, its test, and what it does to a plan.",
        "Made by `python -m docs.mechanisms`; a test fails when a mechanism has no row, when this page is not what the program",
        "writes, or when a mechanism does nothing. The paper is Meng, Wang, Xing, Shang, \"China's Social Security Boosting",
        'Common Prosperity"; it gives no number, so every figure here is invented or a setting.',
        "",
        f"Effects are those of one plan year, {YEAR}, of the invented case [{CASE}](../instances/{CASE}/README.md), all stages",
        "solved: the plan without the mechanism → the plan with it. Levers of every day are taken away from the case's own",
        "scenario; the others are added to it with the settings of `full-package`. Money in bn crowns; moved are grants, payments",
        "between regions, pools and what levers take out of funds. Named are the groups and regions whose benefits gain and lose",
        "most. A gap may rise, since a rule has its price; and it may fall where a rule costs what goes before the gap (M29).",
        "",
        "| | mechanism | file | test | gap | money moved | who gains, or what is told |",
        "|---|---|---|---|---|---|---|",
    ]
    for code, told in MECHANISMS.items():
        done = effects[code]
        moved = "" if code == "M29" else _signed(done.moved, 1)
        lines.append(
            f"| [{code}](#{code.lower()}) | {told['name']} | {_links(files(code))} | {_links(tests(code))} "
            f"| {_signed(done.gap, 4)} | {moved} | {done.words} |"
        )
    for code, told in MECHANISMS.items():
        lines += ["", f'<a id="{code.lower()}"></a>', f"## {code}: {told['name']}", "", f"Source: {sentence(code)}", ""]
        lines += ["```text", formula(code), "```", "", *_settings(code)]
    return "\n".join(lines) + "\n"


def without_effects(text: str) -> str:
    """The page without its measured columns, so that two can be compared."""
    return re.sub(r"^(\| \[M\d+\](?:[^|]*\|){4}).*$", r"\1", text, flags=re.MULTILINE)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page({code: effect(code) for code in MECHANISMS}), encoding="utf-8")


if __name__ == "__main__":
    main()
