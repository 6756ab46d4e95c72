"""A mix of plans of idle units whose money adds up: what no price can bring about, a search for feasibility does.

What is asked of the regions is which plans would make up most of what a mix of the known ones still misses. If no plan of any region
would, then no mix exists: the same sums are a bound of what common decisions must be for one to exist.
"""

from collections.abc import Callable, Sequence

import numpy as np

from commonweal.optimizer.decompose.groups import Group
from commonweal.optimizer.decompose.master import Master
from commonweal.optimizer.decompose.messages import UNMET, Answer, Floats, Link
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _

Asked = Callable[[Master, Floats], list[Answer]]
"""Answers of all parts to prices of the links of a master problem."""


def balanced(group: Group, ask: Asked, heard: Callable[[float, Sequence[Answer]], None]) -> list[dict[Link, float]]:
    """What each part may use of the links of the group. `heard` is told what any prices prove: a sum that is at most
    nought wherever a plan exists, and the answers. Error: UsageError if no mix adds up."""
    master = Master(group.parts, 1.0)
    if not len(master.links):
        return [{} for _ in group.parts]

    def answers(prices: Floats) -> list[Answer]:
        found = ask(master, prices)
        heard(sum(float(answer.least.sum()) for answer in found) - float(prices @ master.limit), found)
        return found

    for sign in (1.0, -1.0):
        master.add(answers(np.where(master.equal, sign, 1.0)))
    while True:
        mix = master.plan()
        if mix.possible:
            return master.money(mix)
        if not master.add(answers(mix.missed), (mix,)):
            raise UsageError(_(UNMET))
