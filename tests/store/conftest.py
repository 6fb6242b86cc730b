"""Stores to test with, and a way to do a thing as a user who is not root."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlctl.store.local import LocalStore

NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    opened = LocalStore(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that everybody may write to, also where pytest's own is private."""
    place = Path(tempfile.mkdtemp(prefix="mlctl-store-"))
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


Act = Callable[[], None]


@pytest.fixture
def as_plain_user() -> Callable[[Act], None]:
    """Runs a function in a process of an ordinary user, and fails where that fails."""

    def run(act: Act) -> None:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                act()
                code = 0
            except BaseException:  # noqa: BLE001  the parent sees only the exit code
                traceback.print_exc()
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    return run
