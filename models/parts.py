"""What a lever and a gap measure are, and where they are found.

A lever is a file of `models/levers/`, a gap measure a file of `models/gaps/`; the file's name is the part's name and
its docstring, `Settings` and constants are all that help texts, documents and price tables need.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from pydantic import BaseModel

from commonweal.instances import Fault, Instance, InstanceError
from commonweal.instances.faults import advice
from commonweal.language import _

Scope = Literal["region", "parent", "nation", "whole"]
Index = tuple[Any, ...]


@dataclass(frozen=True)
class Link:
    """One national row: the sum over regions of `term(r)` is at most (or exactly) `limit`.

    The whole model sums the terms; a decomposed one prices them, so no second model is ever written.
    """

    rule: str
    index: Index
    term: Callable[[str], Any]
    limit: float
    equal: bool = False


@dataclass(frozen=True)
class Bounds:
    """A rule written as bounds of a variable, so that its price is found there."""

    rule: str
    var: pyo.Var
    indices: tuple[Index, ...]
    side: Literal["lower", "upper"]


@dataclass(frozen=True)
class Effects:
    """What a lever does beyond the rows in its own block. Functions that read a solved model use `pyo.value`.

    links: national rows. inflow, outflow: money it brings into or takes out of a fund, as
    ``f(model, r, f, t, opening)`` with `opening` the reserve the year starts with (a number or a variable).
    bounds: rules written as bounds. decisions: the lever's own variables that belong in the plan (decisions.csv),
    by name. spread: own variables that no rule need pin down, with their size, for the rule that picks one plan among
    equals. obligations: money a rule obliges a fund to find at today's benefits, by (r, f, t);
    like today's benefits it may stay unfunded. shortfall: money by which a soft rule is missed; minimised before any gap.
    payer: who pays what the lever brings in beyond what it takes from other regions.
    """

    links: tuple[Link, ...] = ()
    inflow: Callable[..., Any] | None = None
    outflow: Callable[..., Any] | None = None
    bounds: tuple[Bounds, ...] = ()
    decisions: Mapping[str, pyo.Var] = field(default_factory=dict)
    spread: tuple[tuple[pyo.Var, float], ...] = ()
    obligations: Mapping[Index, float] = field(default_factory=dict)
    shortfall: Any = None
    payer: str = "other sources"


@dataclass(frozen=True)
class Curves:
    """A separable convex gap written as segments, one row of `segment` for each cell.

    The cost of cell i at benefit x is ``weight[i] * phi(x / unit[i])``, with ``phi`` convex, not increasing and zero
    from `end` on. `segment[cell, k]` for k in 0..K-1 are the pieces between knots, `above` the free rest, and the
    row `attained[cell]` says that benefit = sum of segments + above. Shapes: weight, unit are (cells,).
    """

    cells: tuple[Index, ...]
    segment: pyo.Var
    above: pyo.Var
    attained: pyo.Constraint
    weight: npt.NDArray[np.float64]
    unit: npt.NDArray[np.float64]
    end: float
    phi: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    slope: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Ranked:
    """Half the mean difference of one programme and year, bounded from below by quantile lines.

    The cost is ``weight * 2 * sum over lines k of step[k] * (tau[k] * (mean - level[k]) + sum of share * short[., k])``
    with ``step`` half the distance between the neighbours of ``tau[k]``. The search adds lines where the bound is
    loose. Shapes: share, unit (cells,); `short` is indexed (cell, k), `level` (p, t, k); `benefit` (cell).
    """

    cells: tuple[Index, ...]
    benefit: pyo.Var
    level: tuple[Any, ...]
    short: tuple[tuple[Any, ...], ...]
    taus: tuple[float, ...]
    weight: float
    share: npt.NDArray[np.float64]
    unit: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expressed:
    """A gap measure as linear terms: `value` is minimised; `curves` and `ranked` let the search refine it.

    rule: writes a large sum that is added to `value`; as a rule, Pyomo keeps it as a template and need not build it.
    over: for a relative measure, the linear mean that `value` is divided by; the search minimises the quotient.
    """

    value: Any
    curves: Curves | None = None
    ranked: tuple[Ranked, ...] = ()
    over: Any = None
    rule: Callable[[], Any] | None = None


class RefusedError(ValueError):
    """Something that cannot be minimised exactly, or not here; the sentence names what to use instead."""

    exit_code = 2

    def __init__(self, what: str, instead: str) -> None:
        """`what` is wrong, without the full stop; `instead` is what works."""
        super().__init__(_("{what}. Use {instead} instead.", what=what, instead=instead))


class Lever(Protocol):
    """The contract of a file in `models/levers/`.

    A lever whose rows reach as far as its settings say has `reach(settings)`: a scope, for these settings in place of SCOPE.
    """

    __doc__: str
    SCOPE: Scope
    OPENS: tuple[str, ...]
    Settings: type[BaseModel]

    def add(self, lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Any) -> Effects:
        """Write the lever's rows into its own block and open the flows it decides."""


class Gap(Protocol):
    """The contract of a file in `models/gaps/`.

    A file with `measure` alone is reported and never minimised: it has no `express` and `KEEP`, but `INSTEAD`, the
    measures that say nearly the same and can be minimised exactly, and its first line says what it is. One that does
    not weigh cells has `masses(cells, settings)`: what it weighs in each region (`models.weights.masses_by_region`).
    """

    __doc__: str
    KEEP: Literal["benefits", "value"]
    Settings: type[BaseModel]

    def measure(self, cells: pd.DataFrame, settings: Any) -> float:
        """The gap of one programme and year; columns region, group, area, persons, attainment."""

    def express(
        self,
        block: pyo.Block,
        model: pyo.ConcreteModel,
        instance: Instance,
        settings: Any,
        blocks: Mapping[tuple[str, int], float],
    ) -> Expressed:
        """The same as linear terms, summed over programmes and years times `blocks` (the gap's weight is in them)."""


@dataclass(frozen=True)
class Part:
    """One found file."""

    name: str
    module: Any = field(repr=False)

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (self.module.__doc__ or "").strip().splitlines()[0]

    @property
    def exact(self) -> bool:
        """Can this gap measure be minimised, or only reported."""
        return hasattr(self.module, "express")


def known(instance: Instance, kind: str, names: Iterable[str]) -> None:
    """Refuse ids that the full case does not have; `kind` is region, group, programme, fund or belt."""
    frame = instance.whole.regions if kind == "belt" else getattr(instance.whole, f"{kind}s")
    ids = sorted(set(frame[kind]) - {""})
    if unknown := [name for name in names if name not in ids]:
        raise InstanceError(
            [
                Fault("scenario", None, kind, name, _("a {kind} of the instance", kind=_(kind)), advice(name, ids))
                for name in unknown
            ]
        )


def _found(package: str) -> dict[str, Part]:
    home = import_module(package)
    names = sorted(info.name for info in iter_modules(home.__path__) if not info.name.startswith("_"))
    return {name: Part(name, import_module(f"{package}.{name}")) for name in names}


@cache
def levers() -> dict[str, Part]:
    """Every policy lever by name."""
    return _found("commonweal.models.levers")


@cache
def gaps() -> dict[str, Part]:
    """Every gap measure by name."""
    return _found("commonweal.models.gaps")
