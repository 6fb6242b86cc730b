"""What may end a command, as diagnostics and as an exit code. Bugs are not among it."""

from __future__ import annotations

from mlctl.core.desired import EvaluationFailed
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.errors import MlctlError
from mlctl.views.diagnostics import of_error

FAILED = 1
INTERRUPTED = 130
"""After Ctrl-C: 128 and the number of SIGINT, as shells have it."""

EXPECTED = (MlctlError, OSError)
"""What the world refuses. Anything else that is raised is a bug and shows where."""

Expected = MlctlError | OSError


class NotSound(MlctlError):
    """What people wrote has errors, so the command ends.

    Attributes:
        diagnostics: The errors, and the warnings beside them.
    """

    def __init__(self, diagnostics: Diagnostics) -> None:
        super().__init__()
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return "; ".join(found.summary for found in self.diagnostics)


class Refused(MlctlError):
    """A command cannot be carried out as it was asked for."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def diagnostics_of(error: Expected) -> Diagnostics:
    """What to tell people."""
    match error:
        case EvaluationFailed() | NotSound():
            return list(error.diagnostics)
        case MlctlError():
            return [_begun_large(of_error(error), _names(error))]
        case OSError():
            return [Diagnostic(summary=_of_system(error))]


def exit_code_of(error: Expected) -> int:
    """What the command returns."""
    return error.exit_code if isinstance(error, MlctlError) else FAILED


def _names(error: MlctlError) -> frozenset[str]:
    """What an error may begin with that is spelled as it is: its objects, paths and targets."""
    return frozenset(str(value) for value in vars(error).values())


def _begun_large(found: Diagnostic, names: frozenset[str]) -> Diagnostic:
    """Errors say their sentence in small letters, diagnostics begin with a large one.

    But not where it begins with an address, a path or the program's name, which are as they are.
    """
    summary = found.summary
    first = summary.partition(" ")[0].rstrip(",:;")
    if first.isalpha() and first != "mlctl" and first not in names:
        summary = summary[:1].upper() + summary[1:]
    return Diagnostic(summary=summary, detail=found.detail, hint=found.hint)


def _of_system(error: OSError) -> str:
    why = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {why}" if error.filename else why
