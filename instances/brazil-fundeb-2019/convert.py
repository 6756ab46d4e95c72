"""Turn the order's figures in `raw/` into the tables of this case: `python instances/brazil-fundeb-2019/convert.py`.

Persons are weighted pupils in thousands, money is in million reais, benefits are reais per weighted pupil and year.
For every state r with own receipts o[r] and weighted enrolment n[r]:

    benefit[r]        = o[r] / n[r]                              what its own fund pays today
    other_revenue[r]  = o[r]                                     so that every fund is even without the Union
    budget            = sum over r of the published top-ups      in scenario.toml
    standard          = the highest o[r] / n[r], two decimals

and expected.toml is the rule of the law, without any solver: the level L with sum of max(0, L n[r] - o[r]) = budget.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
PERSONS, MONEY = 1e3, 1e6
ORDER_MINIMUM = 3238.52  # reais per weighted pupil, as published


def states() -> pd.DataFrame:
    """One row for each state: raw columns, n in thousands, o and the published top-up in million reais."""
    frame = pd.read_csv(HERE / "raw" / "states.csv").merge(pd.read_csv(HERE / "raw" / "places.csv"), on="uf")
    return frame.assign(
        n=frame["weighted_enrolment"] / PERSONS,
        o=frame["own_receipts_brl"] / MONEY,
        value=frame["own_receipts_brl"] / frame["weighted_enrolment"],
        published=frame["published_union_complement_brl"] / MONEY,
    )


def water_level(frame: pd.DataFrame, budget: float) -> float:
    """The level L, reais per weighted pupil: the poorest states first, until the money no longer reaches the next."""
    ordered = frame.sort_values("value")
    pupils = own = level = 0.0
    for n, o, value in ordered[["n", "o", "value"]].itertuples(index=False, name=None):
        if pupils > 0 and level <= value:
            break
        pupils, own = pupils + n, own + o
        level = (own + budget) / pupils * MONEY / PERSONS
    return level


def tables(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every table of the case."""
    standard = round(float(frame["value"].max()), 2)
    region = frame["uf"]
    return {
        "regions": frame[["uf", "name", "belt", "map_column", "map_row"]].rename(columns={"uf": "region"}),
        "groups": pd.DataFrame({"group": ["pupils"], "name": ["Weighted pupils"], "area": ["other"]}),
        "programmes": pd.DataFrame(
            {"programme": ["education"], "name": ["Basic education"], "name_local": ["Educação básica"]}
        ),
        "funds": pd.DataFrame({"fund": ["fundeb"], "name": ["State education fund"], "name_local": ["Fundeb"]}),
        "schemes": pd.DataFrame(
            {"programme": ["education"], "group": ["pupils"], "fund": ["fundeb"], "standard": [standard]}
        ),
        "people": pd.DataFrame(
            {
                "region": region,
                "group": "pupils",
                "programme": "education",
                "eligible": frame["n"],
                "covered": frame["n"],
                "benefit": frame["value"],
            }
        ),
        "accounts": pd.DataFrame(
            {
                "region": region,
                "fund": "fundeb",
                "opening": 0,
                "base": 0,
                "rate": 0,
                "other_revenue": frame["o"],
                "other_spending": 0,
                "locked": 0,
                "accrual": 0,
            }
        ),
        "budgets": pd.DataFrame(
            {
                "region": region,
                "own_revenue": frame["o"],
                "spending": frame["o"],
                "transfers": 0,
                "population": frame["n"],
                "gdp": 0,
                "own_effort": 0,
                "donor_cap": 0,
            }
        ),
        "totals": pd.DataFrame(
            {
                "table": ["accounts", "people"],
                "column": ["other_revenue", "eligible"],
                "where": ["", ""],
                "total": [float(frame["o"].sum()), float(frame["n"].sum())],
                "tolerance": [1e-12, 1e-12],
            }
        ),
    }


def expected(frame: pd.DataFrame) -> str:
    """The answer: gap, benefits and top-ups by the rule of the law, and what the order printed."""
    budget, standard = float(frame["published"].sum()), round(float(frame["value"].max()), 2)
    level = water_level(frame, budget)
    top_up = (level * PERSONS / MONEY * frame["n"] - frame["o"]).clip(lower=0.0)

    def by_state(values: "pd.Series[float]") -> list[str]:
        return [f"{uf} = {value!r}" for uf, value in zip(frame["uf"], values.tolist(), strict=True)]

    lines = [
        "# The rule of the law, computed by convert.py without a solver, and what the order printed.",
        "# Benefits in reais per weighted pupil and year, money in million reais.",
        "",
        "[gap]                              # of the lowest value per pupil to the standard",
        f"before = {1 - float(frame['value'].min()) / standard!r}",
        f"after = {1 - level / standard!r}",
    ]
    for uf, value in zip(frame["uf"], frame["value"].clip(lower=level).tolist(), strict=True):
        lines += ["", f"[benefit.{uf}]", f"pupils = {value!r}"]
    lines += ["", "[central]", *by_state(top_up), "", "[published]", f"minimum = {ORDER_MINIMUM!r}"]
    lines += ["", "[published.central]", *by_state(frame["published"])]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every table and expected.toml."""
    frame = states()
    for name, table in tables(frame).items():
        table.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")
    (HERE / "expected.toml").write_text(expected(frame), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
