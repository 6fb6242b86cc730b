"""Folders put in place and taken away as a whole, so that nobody ever meets half of one."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TEMPORARY = ".tmp-"


def sibling(path: Path) -> Path:
    """A name beside ``path`` that nobody else uses, and that tells whose it is."""
    return path.parent / f"{_TEMPORARY}{path.name}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def built_beside(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` to fill; it goes away again unless it was renamed."""
    new = sibling(path)
    new.mkdir(mode=0o700, parents=False)
    try:
        yield new
    finally:
        if os.path.lexists(new):
            remove(new)


def leftovers(path: Path) -> Iterator[Path]:
    """What crashed builders of ``path`` left beside it; never what somebody is building now."""
    beginning = f"{_TEMPORARY}{path.name}-"
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 - names alone; this runs once a job
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(beginning) and not Path("/proc", name.rsplit("-", 2)[1]).exists():
            yield path.with_name(name)


def put(new: Path, path: Path) -> None:
    """Give the finished folder ``new`` its name, unless somebody gave it to another just now."""
    try:
        new.rename(path)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, read-only folders too. Nothing there: done."""
    try:
        _remove(path)
    except PermissionError:
        _make_writable(path)
        _remove(path)


def remove_whole(path: Path) -> None:
    """As ``remove``, but ``path`` itself is gone at once, before the first file in it is."""
    aside = sibling(path)
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    remove(aside)


def _remove(path: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
        if is_folder:
            shutil.rmtree(path)
        else:
            path.unlink()
    except FileNotFoundError:
        return


def _make_writable(path: Path) -> None:
    for folder, names, _ in os.walk(path):
        Path(folder).chmod(stat.S_IRWXU)
        for name in names:
            inner = Path(folder, name)
            if not inner.is_symlink():
                inner.chmod(stat.S_IRWXU)
