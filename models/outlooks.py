"""Several outlooks at once: a model for each, joined by what is decided before anybody knows which of them comes.

    x of one outlook = x of another        for every decision x that falls before one knows

Before one knows fall: every yes-or-no decision and every contribution rate, in all years; and in the first `decided`
plan years grants from the centre, horizontal transfers, benefits (unless `benefits` is false) and what else levers
decide. Reserves, pools and unfunded obligations take up what differs. Later years are decided outlook by outlook.

What is minimised, with the gap G_s and the probability p_s of outlook s:

    expected   sum over s of p_s * G_s
    worst      max over s of G_s
    cvar       the mean of G over the worst `tail` of the probability:
               min over t of  t + sum over s of p_s * max(0, G_s - t) / tail

The last two leave open what happens in outlooks that are not among the worst: there the expected gap is minimised next.

Source: paper 3.1, "in a period of economic downturn, the social security needs ... will only be stronger, rather than
shrinking". Conditional value at risk: Rockafellar and Uryasev, Journal of Risk 2 (2000) 21-41.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.language import _
from commonweal.models.build import Built

GRANTS = ("central", "horizontal_received", "horizontal_paid")
SURE = 1e-9  # probabilities add up to one within this


class Outlook(BaseModel, extra="forbid", frozen=True):
    """One way things may go, as changes of the scenario's own settings."""

    probability: float = Field(gt=0, le=1, description="how likely it is; all outlooks together make one")
    levers: dict[str, Any] = Field(default={}, description="settings of levers that differ; false removes a lever")
    projection: dict[str, Any] = Field(default={}, description="growth that differs")


class Outlooks(BaseModel, extra="forbid", frozen=True):
    """What may come, what is decided before one knows, and what is minimised."""

    aim: Literal["expected", "worst", "cvar"] = Field(
        default="expected", description="the expected gap, the worst, or the mean of the worst tail"
    )
    tail: float = Field(default=0.2, gt=0, le=1, description="probability that the tail of cvar holds")
    decided: int = Field(default=1, ge=0, description="first plan years that are decided before one knows")
    benefits: bool = Field(default=True, description="are benefits of these years decided before one knows, too")
    cases: dict[str, Outlook] = Field(description="outlooks by name")

    @model_validator(mode="after")
    def _whole(self) -> "Outlooks":
        total = sum(one.probability for one in self.cases.values())
        if abs(total - 1) > SURE:
            raise ValueError(_("the probabilities add up to {total:g}, not to one", total=total))
        return self

    @property
    def probabilities(self) -> dict[str, float]:
        """By outlook."""
        return {name: one.probability for name, one in self.cases.items()}


def join(parts: Mapping[str, Built], settings: Outlooks) -> pyo.ConcreteModel:
    """One model of a block for each outlook, with a stage `<stage> of <outlook>` for each of theirs.

    The rows `same` tie every shared decision to that of the outlook before which has it.
    """
    whole = pyo.ConcreteModel(name="outlooks")
    whole.stage = {}
    for number, (name, part) in enumerate(parts.items()):
        whole.add_component(f"outlook_{number}", part.model)
        for stage, objective in part.model.stage.items():
            whole.stage[f"{stage} of {name}"] = objective
    whole.same = pyo.Constraint(pyo.Any)
    last: dict[tuple[Any, ...], Any] = {}
    for part in parts.values():
        for key, var in _shared(part, settings):
            if key in last and not (var.fixed and last[key].fixed):
                whole.same[len(whole.same)] = last[key] == var
            last[key] = var
    return whole


def _shared(part: Built, settings: Outlooks) -> Iterator[tuple[tuple[Any, ...], Any]]:
    m = part.model
    early = set(list(m.YEARS)[: settings.decided])
    for name in (*GRANTS, *(("benefit",) if settings.benefits else ())):
        yield from (((name, *i), var) for i, var in m.component(name).items() if i[-1] in early)
    yield from ((("rate", *i), var) for i, var in m.rate.items())
    for lever, effects in part.effects.items():
        for decision, var in effects.decisions.items():
            for index, data in var.items():
                i = index if isinstance(index, tuple) else (index,)
                if not data.is_continuous() or early.intersection(i):
                    yield (lever, decision, *i), data
