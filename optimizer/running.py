"""HiGHS in a thread of its own: Ctrl-C is heard while it works, and a long search tells how far it is.

HiGHS asks for a stop now and then, but not inside the first linear program of a mixed-integer search, which can take
long. So after Ctrl-C it gets a moment to end, and is then left behind: its thread ends with the program.
"""

import threading
from collections.abc import Callable

import highspy

GRACE = 1.0  # seconds
POLL = 0.1  # seconds

Tell = Callable[[float, float], None]
"""Told the proven bound and the best value of a mixed-integer search now and then."""

Enough = Callable[[float], bool]
"""Says whether a proven bound is all that is needed; asked at every step, so that chance has no part in it."""


class Interruptible(highspy.Highs):
    """HiGHS without the banner that its constructor prints, and with ears."""

    def __init__(self) -> None:
        """Only what a mixed-integer search tells is heard all the time: simplex asks at every step, which takes a tenth of short solves."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._stop = threading.Event()
        self._seen: tuple[float, float] | None = None
        self._enough: Enough | None = None
        self.cbMipInterrupt.subscribe(self._note)

    def enableCallbacks(self) -> None:  # noqa: N802
        """The constructor's last step, silenced first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]

    def work(self, tell: Tell | None = None, enough: Enough | None = None) -> highspy.HighsStatus:
        """`run`, which `enough` and Ctrl-C end early.

        Error: KeyboardInterrupt, with the solver stopped or left behind.
        """
        self._stop.clear()
        self._seen, self._enough = None, enough
        done, result = threading.Event(), []

        def solve() -> None:
            try:
                result.append(self.run())
            finally:
                done.set()

        threading.Thread(target=solve, daemon=True).start()
        told = None
        try:
            while not done.wait(POLL):
                if tell is not None and self._seen is not None and self._seen != told:
                    told = self._seen
                    tell(*told)
        except KeyboardInterrupt:
            self._stop.set()
            for question in (self.cbSimplexInterrupt, self.cbIpmInterrupt):
                question.subscribe(self._heed)
            done.wait(GRACE)
            for question in (self.cbSimplexInterrupt, self.cbIpmInterrupt):
                question.unsubscribe(self._heed)
            raise
        return result[0] if result else highspy.HighsStatus.kError

    def _heed(self, event: highspy.highs.HighsCallbackEvent) -> None:
        event.interrupt(self._stop.is_set())

    def _note(self, event: highspy.highs.HighsCallbackEvent) -> None:
        bound = float(event.data_out.mip_dual_bound)
        self._seen = (bound, float(event.data_out.mip_primal_bound))
        event.interrupt(self._stop.is_set() or (self._enough is not None and self._enough(bound)))
