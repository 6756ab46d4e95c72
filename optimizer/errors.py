"""What can go wrong for a user, each kind with its exit code; anything else is a bug and shows its traceback."""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from commonweal.optimizer.plan import Plan


class CommonwealError(Exception):
    """A failure that is told to the user in a sentence, without a traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(CommonwealError):
    """The command or a setting is wrong."""

    exit_code = 2


class InputError(CommonwealError):
    """A file cannot be used."""

    exit_code = 3


class Infeasible(CommonwealError):
    """No plan satisfies all rules; proven with and without presolve."""

    exit_code = 4


class Stopped(CommonwealError):
    """A limit was reached. `plan` is the best plan found, if any; `distance` its proven relative distance."""

    exit_code = 5

    def __init__(self, message: str, plan: "Plan | None" = None, distance: float | None = None) -> None:
        """Keep the best plan and how far from the optimum it can be at most."""
        super().__init__(message)
        self.plan = plan
        self.distance = distance


class VerificationFailed(CommonwealError):
    """A run folder does not hold what it claims."""

    exit_code = 6


class SolverFailed(CommonwealError):
    """HiGHS returned a status that is neither a solution nor a proof; never shown as a plan."""

    exit_code = 1
