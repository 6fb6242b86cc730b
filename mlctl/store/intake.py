"""Files on their way into the store: written aside, made durable, then given their names."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlctl.store.copying import copy_checked, write_new
from mlctl.store.desk import Desk
from mlctl.store.errors import SourceMoved, Unreadable
from mlctl.store.files import sync_all
from mlctl.store.hashing import stamp
from mlctl.store.tree import Stamp

READ_ONLY = 0o444
EXECUTABLE = 0o111
UNLINKABLE = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}
"""How a system says that it makes no hard link here; copying is then the way."""


@dataclass(frozen=True, slots=True)
class Written:
    """Content at hand."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that stays as it is."""

    name: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that may become a link into the store, if it still is what was hashed."""

    name: str
    path: Path
    size_bytes: int
    stamp: Stamp


Source = Written | Copied | Taken


PathOf = Callable[[str], str]
"""Where the blob of a name is, or would be."""


def take_in(sources: Sequence[Source], desk: Desk, root: Path, path_of: PathOf) -> None:
    """Give each source's content its name. When this returns, it has survived a power cut.

    Args:
        sources: None of which is in the store, each name once.
        desk: For what is not finished.
        root: A folder on the file system of the blobs and of the desk.
        path_of: The names.

    Raises:
        OSError: It cannot be written. Some of it may be there; each blob that is, is whole.
        SourceMoved: A file is no longer what was hashed.
    """
    desk.make()
    staged: dict[str, str] = {}
    try:
        taken = [source for source in sources if _stage(source, desk, staged)]
        sync_all(staged.values(), root)
        _name({path: path_of(name) for name, path in staged.items()}, root)
    except BaseException:
        _remove(staged.values())
        raise
    for source in taken:
        _leave_link(source, desk, path_of)


def size_of(source: Source) -> int:
    """What it will take on the disk, in bytes."""
    return len(source.content) if isinstance(source, Written) else source.size_bytes


def _stage(source: Source, desk: Desk, staged: dict[str, str]) -> bool:
    """Have the content on the desk; True when it is the source itself, by another name."""
    path = desk.new_path()
    staged[source.name] = path
    match source:
        case Written():
            write_new(path, source.content, READ_ONLY)
            return False
        case Taken() if _take(source, path):
            return True
        case Copied() | Taken():
            _copy(source, path)
            return False


def _copy(source: Copied | Taken, path: str) -> None:
    try:
        if copy_checked(str(source.path), path, source.name, READ_ONLY):
            return
    except FileNotFoundError:
        if source.path.exists():
            raise
    except PermissionError as error:
        if os.access(source.path, os.R_OK):
            raise
        raise Unreadable(source.path, os.strerror(error.errno or 0)) from error
    raise SourceMoved(source.path)


def _take(source: Taken, path: str) -> bool:
    seen = os.lstat(source.path)
    # A file with a second name, or of another owner, could still be written by somebody.
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1 or seen.st_uid != os.geteuid():
        return False
    if stamp(seen) != source.stamp:
        raise SourceMoved(source.path)
    try:
        os.link(source.path, path)
    except OSError as error:
        if error.errno in UNLINKABLE:
            return False
        raise
    os.chmod(path, READ_ONLY | (seen.st_mode & EXECUTABLE))  # noqa: PTH101
    now = os.lstat(path)
    if (now.st_size, now.st_mtime_ns) != (seen.st_size, seen.st_mtime_ns):
        raise SourceMoved(source.path)
    return True


def _name(paths: dict[str, str], root: Path) -> None:
    """Rename all, and have the new names on the disk."""
    changed: set[str] = set()
    for path, final in paths.items():
        folder = os.path.dirname(final)  # noqa: PTH120  20,000 times
        if folder not in changed:
            changed.add(folder)
            if not os.path.isdir(folder):  # noqa: PTH112
                changed.update({os.path.dirname(folder), str(root)})  # noqa: PTH120
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        os.rename(path, final)  # noqa: PTH104
    sync_all(sorted(changed), root)


def _leave_link(source: Source, desk: Desk, path_of: PathOf) -> None:
    """Put a link to the blob where the file was, so that it can be read, and found, again."""
    assert isinstance(source, Taken)
    link = desk.new_path()
    os.symlink(path_of(source.name), link)  # noqa: PTH211
    os.rename(link, source.path)  # noqa: PTH104


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)
