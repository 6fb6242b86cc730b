"""What commands that only look need: the state, and the configuration as the state settles it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlctl.cli.configuration import Asked, opened, to_stderr
from mlctl.cli.errors import NotSound, Refused
from mlctl.config.evaluation import ConfigurationValues
from mlctl.core.address import Address
from mlctl.core.diagnostic import has_errors
from mlctl.core.state import State
from mlctl.core.suggest import did_you_mean
from mlctl.outside.session import DATA_DIR, Session


@contextmanager
def recorded(asked: Asked) -> Iterator[tuple[Session, State]]:
    """The session and the state. What is being edited need not be without errors for this.

    Raises:
        NotSound: No state was ever saved, and the configuration has errors.
    """
    with opened(asked) as session:
        state, notices = session.read_state()
        for notice in notices:
            to_stderr(notice)
        if not state.lineage and has_errors(session.loaded.found):
            raise NotSound(session.loaded.found)
        yield session, state


def as_recorded(session: Session, state: State) -> ConfigurationValues:
    """The configuration with what objects are and steps gave, as far as it is recorded."""
    context = session.context(state.lineage)
    evaluation = session.evaluation(context)
    session.settle_this_machine(evaluation, context)
    for address, resource in state.resources.items():
        if resource.status == "ok":
            evaluation.settle_resource(address, resource.attributes)
    for address, record in state.steps.items():
        evaluation.settle_step(address, record)
    return evaluation


def data_dir() -> Path:
    """Where mlctl keeps what belongs to the configuration in this folder."""
    return Path.cwd() / DATA_DIR


def parsed(text: str, known: Iterable[Address]) -> Address:
    """An address that somebody typed.

    Raises:
        Refused: It is none.
    """
    try:
        return Address.parse(text)
    except ValueError as error:
        raise unknown(text, known) from error


def unknown(text: str, known: Iterable[Address]) -> Refused:
    """The error for an address that names nothing."""
    names = [str(address) for address in known]
    near = did_you_mean(text, names)
    return Refused(
        f'There is no "{text}"',
        near or "mlctl state list lists what is recorded.",
    )
