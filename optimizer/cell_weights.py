"""Weights of cells inside one programme and year, recomputed for verification without the model."""

import pandas as pd


def shares(cells: pd.DataFrame, weights: str) -> "pd.Series[float]":
    """Summing to one: by eligible persons; by regions, each alike and by persons inside; or all equally."""
    eligible = cells["eligible"]
    if weights == "equal" or not eligible.sum() > 0:
        return pd.Series(1 / len(cells), index=cells.index)
    if weights == "regions":
        eligible = (eligible / eligible.groupby(cells["region"]).transform("sum")).fillna(0.0)
    return eligible / eligible.sum()


def over(amount: float, mean: float) -> float:
    """A relative gap; where everybody has zero there is none."""
    return amount / mean if mean else 0.0
