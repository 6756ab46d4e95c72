"""docs/gaps.md and docs/gaps.svg: every gap measure, what it claims, and one case planned under each.

    python docs/gaps.py            writes both anew (some minutes: one plan of 2,850 regions for each measure)
    python docs/gaps.py --quick    the large plans are left as they stand

Formulas and words come from the measures' own files, claims from gaps.toml (tests/gaps/test_axioms.py tests them).
Everything before the heading "Measured" is written from these alone; what follows is measured.
"""

import inspect
import sys
import tomllib
from pathlib import Path

import pandas as pd

from benchmarks.large import apart
from commonweal.instances import read
from commonweal.models.parts import Part, RefusedError, gaps
from commonweal.optimizer import Plan, load_scenario, solve
from commonweal.optimizer.searches import leximin

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "gaps.md", HERE / "gaps.svg"
CLAIMS = tomllib.loads((HERE / "gaps.toml").read_text(encoding="utf-8"))
CASE, GROUP, REGIONS = "china-2024", "residents", 2_850
MEASURED, LARGE = "## Measured: one case under each", "## Measured: 5,700 cells"
LEXIMIN = "leximin"

WORDS = {
    "transfers": {"strict": "falls", "line": "falls below the line", "weak": "never grows", "no": "may grow"},
    "scale": {"always": "yes", "relative": "with `relative = true`", "standard": "with the standard"},
    "levels_down": {False: "never", True: "can"},
    "decomposable": {"cells": "exactly, any parts", "regions": "exactly, by region", "no": "no"},
}
HEADS = ("measure", "a transfer to the worse-off", "independent of the unit", "levels down", "splits into parts")

INTRODUCTION = """\
# Gaps: ways to measure them

People disagree on what a fair allocation is. These are the measures the field uses: what each says, what it does not
see, and what it does to the same case. Each is minimised to proven optimality by `commonweal solve CASE --gap NAME`,
or, where that cannot be done, refused by name with what to use instead. All are reported before and after in
`measures.csv`, whichever was minimised; further indices are in `indicators.csv`.

Everywhere x is a cell's benefit per eligible person over its standard, the uncovered counted as 0, and p its weight:
persons, regions alike, or all cells alike (`weights`). Years and programmes are averaged. Several gaps go together by
weight (`--gap gini:2 --gap urban_rural:0.5`), or one after the other (`--set gaps.range.order=2`).

## What they promise

- **A transfer to the worse-off** (Pigou-Dalton): money goes from the best-off cell to the worst-off, and the gap ...
- **Independent of the unit**: all benefits times ten leave the gap as it is.
- **Levels down**: a cut of somebody's benefit alone can make the gap smaller. Use such a measure together with rules
  against cuts (lever `benefit_rigidity`), as the bundled cases do.
- **Splits into parts**: the gap of everybody is the mean of the gaps of parts, weighted by persons.

"""


def static() -> str:
    """What the measures' files and gaps.toml say."""
    rows = [(f"[{name}](#{name})", *(WORDS[key][CLAIMS[name][key]] for key in WORDS)) for name in ordered()]
    rows.append((f"[{LEXIMIN}](#{LEXIMIN})", "the order rises", "yes", "never", "no"))
    parts = [INTRODUCTION, table(HEADS, rows), "\nEvery entry is tested (`tests/gaps/test_axioms.py`).\n"]
    parts += ["\n## The measures\n", *(section(name, gaps()[name]) for name in ordered())]
    words = (
        "Use it where the worst-off come first, whatever the price: it is also the rule of Brazil's education funds."
    )
    parts.append(
        f"\n### {LEXIMIN}\n\n{body(str(leximin.__doc__))}\n{words}\n\n`commonweal solve CASE --gap {LEXIMIN}`\n"
    )
    return "".join(parts)


def ordered() -> list[str]:
    """Names of the measures, those that are minimised first, as gaps.toml has them."""
    return [*CLAIMS, *(name for name in gaps() if name not in CLAIMS)]


def section(name: str, part: Part) -> str:
    """One measure."""
    claim = CLAIMS[name]
    how = (
        f"Size: {claim['size']}.\n\n`commonweal solve CASE --gap {name}`"
        if part.exact
        else f"Reported, never minimised. Use {part.module.INSTEAD} instead."
    )
    return f"\n### {name}\n\n{body(str(part.module.__doc__))}\nUse: {claim['use']}.\n\n{how}\n"


def body(docstring: str) -> str:
    """A docstring as Markdown: what is indented is a formula."""
    lines: list[str] = []
    for block in inspect.cleandoc(docstring).split("\n\n"):
        formula = all(line.startswith("    ") for line in block.splitlines())
        lines += ["```text", inspect.cleandoc(block), "```"] if formula else [block]
        lines.append("")
    return "\n".join(lines)


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]], words: int = 99) -> str:
    """Markdown; columns from number `words` on hold figures."""
    rule = ["---" if k < words else "---:" for k in range(len(heads))]
    return "".join("| " + " | ".join(row) + " |\n" for row in (heads, tuple(rule), *rows))


def plans() -> dict[str, Plan]:
    """The case under every measure that is minimised, and leximin."""
    case = read(CASE)
    names = [*(name for name in ordered() if gaps()[name].exact), LEXIMIN]
    return {name: solve(case, load_scenario(case, (), (), (name,))) for name in names}


def side_by_side(found: dict[str, Plan]) -> str:
    """The plans in one table, and every measure at every plan in another."""
    first = next(iter(found.values()))
    today = _figures(first, "benefit_before")
    rows = [("today", *today, "")]
    for name, plan in found.items():
        rows.append((name, *_figures(plan, "benefit"), _distance(plan.relative_gap)))
    heads = ("minimised", "lowest, yuan", "average, yuan", "highest over lowest", "Gini", "regions lifted", "distance")
    own = pd.concat(
        {name: plan.tables["measures"].set_index("measure")["after"] for name, plan in found.items()}, axis=1
    )
    before = first.tables["measures"].set_index("measure")["before"]
    values = [
        (name, f"{before[name]:.4f}", *(f"{value:.4f}" for value in own.loc[name]))
        for name in ordered()
        if name in own.index
    ]
    return (
        f"{MEASURED}\n\n`{CASE}`, its own rules and budget, one year; benefits of rural and non-working urban residents in "
        f"31 regions. *Distance* is how far the plan can be from the best, proven.\n\n{table(heads, rows, 1)}\n"
        "![The benefit of residents in 31 regions, from the lowest to the highest today: before, and under each measure.]"
        f"({PICTURE.name})\n\nEvery measure (rows) at every plan (columns): a measure is smallest in its own "
        "plan.\n\n"
        f"{table(('measure', 'today', *found), values, 1)}\n"
    )


def _distance(value: float) -> str:
    return f"{value:.0e}" if value > 1e-12 else "0"


def _figures(plan: Plan, side: str) -> tuple[str, ...]:
    cells = plan.benefits[plan.benefits["group"] == GROUP]
    benefit, persons = cells[side], cells["eligible"]
    gini = (
        plan.tables["indicators"]
        .set_index(["indicator", "scope"])
        .loc[("regional_gini", f"programme=pension;group={GROUP}")]
    )
    lifted = (cells[side] > cells["benefit_before"] * (1 + 1e-6)).sum()
    return (
        f"{benefit.min():,.0f}",
        f"{(benefit * persons).sum() / persons.sum():,.0f}",
        f"{benefit.max() / benefit.min():.2f}",
        f"{gini['before' if side == 'benefit_before' else 'after']:.4f}",
        str(lifted),
    )


def picture(found: dict[str, Plan]) -> None:
    """Small multiples: today's benefits and those of the plan, by region."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {"svg.hashsalt": "commonweal", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8}
    )
    columns = 5
    figure = Figure(figsize=(11, 2.3 * -(-len(found) // columns)), layout="constrained")
    axes = figure.subplots(-(-len(found) // columns), columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, (name, plan) in zip(axes, found.items(), strict=False):
        cells = plan.benefits[plan.benefits["group"] == GROUP].sort_values("benefit_before")
        place, before, after = range(len(cells)), cells["benefit_before"] / 1000, cells["benefit"] / 1000
        axis.vlines(place, before, after, color="#e07b39", linewidth=2.2)
        axis.plot(place, after, "o", color="#b4531a", markersize=3.2, label="plan")
        axis.plot(place, before, "_", color="#4d5a66", markersize=5, label="today")
        axis.set_title(name, loc="left", fontweight="bold", fontsize=9)
        axis.set(yscale="log", yticks=[2, 3, 5, 10, 20], xticks=[])
        axis.set_yticklabels(["2", "3", "5", "10", "20"])
        axis.minorticks_off()
        axis.grid(axis="y", linewidth=0.4, alpha=0.5)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(found) :]:
        axis.set_axis_off()
    axes[0].legend(frameon=False, loc="upper left")
    figure.supylabel("residents' benefit, thousand yuan a year (logarithmic)", fontsize=8)
    figure.supxlabel("31 regions, from the lowest to the highest benefit today", fontsize=8)
    figure.savefig(PICTURE, metadata={"Date": None, "Title": "One case under every gap measure"})


def large() -> str:
    """One large plan for each measure, in a process of its own."""
    rows = []
    for name in [*(name for name in ordered() if gaps()[name].exact), LEXIMIN]:
        print(f"{REGIONS:,d} regions, {name} ...", file=sys.stderr, flush=True)
        try:
            found = apart(name, REGIONS)
        except RuntimeError as error:
            if RefusedError.__name__ not in str(error):
                raise
            rows.append((name, "refused", "", "", ""))
            continue
        rows.append(
            (name, f"{found.processor:.0f}", str(found.rounds), f"{found.memory:.1f}", _distance(found.distance))
        )
    heads = ("minimised", "processor seconds", "rounds", "GiB", "proven distance")
    return (
        f"{LARGE}\n\nA generated nation of {REGIONS:,d} regions and two groups, one programme and one year "
        "(`benchmarks/generate.py`), whole plans; seconds of processor, because the machine had other work to do.\n\n"
        + table(heads, rows, 1)
    )


def main() -> None:
    """Write the page and the picture."""
    kept = PAGE.read_text(encoding="utf-8").partition(LARGE)[2] if "--quick" in sys.argv else ""
    found = plans()
    picture(found)
    PAGE.write_text(
        static() + "\n" + side_by_side(found) + "\n" + (LARGE + kept if kept else large()), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
