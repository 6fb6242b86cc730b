"""Where unfinished work lies: one folder a process, so that what the dead left can be told."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import time
from functools import cached_property
from pathlib import Path

from mlctl.store import process
from mlctl.store.copying import write_new
from mlctl.store.errors import StoreError
from mlctl.store.files import refusals

_DAY_S = 86_400
_READ_ONLY = 0o444


class Desk:
    """This process's own folder below ``<root>/tmp``, made when it is first needed."""

    def __init__(self, root: Path) -> None:
        """Use the store at an absolute ``root``; remove what dead processes left there."""
        self._all = root / "tmp"
        self._root = root
        self._numbers = itertools.count()
        self._token = secrets.token_hex(4)
        self._clean()

    def make(self) -> None:
        """Have the folder. Cheap; the day's cleaning of another machine may have taken it."""
        self._own.mkdir(parents=True, exist_ok=True)

    def new_path(self) -> str:
        """A path in the folder that nobody uses."""
        return f"{self._own}/{next(self._numbers)}"

    @cached_property
    def links_protect(self) -> bool:
        """True when a read-only file is read-only for this user: not for root."""
        probe = self.new_path()
        try:
            with refusals(self._root):
                self.make()
                write_new(probe, b"", _READ_ONLY)
        except StoreError:
            return False  # nothing can be linked out of a store that cannot be written either
        try:
            os.close(os.open(probe, os.O_WRONLY | os.O_CLOEXEC))
        except PermissionError:
            return True
        finally:
            os.unlink(probe)  # noqa: PTH108
        return False

    @cached_property
    def _own(self) -> Path:
        return self._all / f"{self._token}.{process.current().label()}"

    def _clean(self) -> None:
        try:
            desks = list(self._all.iterdir())
        except OSError:
            return  # none yet, or not ours to clean
        for desk in desks:
            if _is_abandoned(desk):
                shutil.rmtree(desk, ignore_errors=True)


def _is_abandoned(desk: Path) -> bool:
    owner = process.Process.from_label(desk.name.partition(".")[2])
    if owner is not None and owner.host == process.host():
        return owner.is_gone()
    try:
        return time.time() - desk.stat().st_mtime > _DAY_S
    except FileNotFoundError:
        return False
