"""``datastore "local"``: a folder of this machine, or of a file system mounted here."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.provider import Attributes, Context, Found
from mlctl.core.schema import Attribute, BlockSchema
from mlctl.core.types import BOOL, STRING, MapType

_SCHEMA = BlockSchema(
    doc="A folder that data assets live in.",
    attributes={
        "path": Attribute(
            type=STRING,
            doc="The folder, from the configuration's folder on. Made when it is missing.",
            required=True,
            forces_replacement=True,
        ),
        "description": Attribute(type=STRING, doc="What it holds."),
        "tags": Attribute(type=MapType(STRING), doc="For people and tools; mean nothing to mlctl."),
        "absolute_path": Attribute(type=STRING, doc="The folder, from `/` on.", computed=True),
        "created_folder": Attribute(
            type=BOOL,
            doc="The folder was made by mlctl, which will remove it again once it is empty.",
            computed=True,
        ),
    },
)


class LocalDatastore:
    """A folder; see ``mlctl.core.provider.ResourceType`` and ``DatastoreType``."""

    schema = _SCHEMA
    version = 1

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:
        """The folder, or None when there is none."""
        folder = _folder(prior, ctx)
        if not folder.is_dir():
            return None
        return _attributes(prior, folder, created=prior.get("created_folder") is True)

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:  # noqa: ARG002
        """Make the folder, unless it is there.

        After a crash the repeated call finds the folder and takes it for somebody else's: better
        one empty folder too many than one removed that was not ours.

        Raises:
            Rejected: The path cannot be a folder.
        """
        folder = _folder(planned, ctx)
        created = not folder.is_dir()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, PermissionError) as error:
            raise Rejected(f"the folder {folder}", str(error.strerror)) from error
        return _attributes(planned, folder, created=created)

    def wait(self, created: Attributes, ctx: Context) -> Attributes:  # noqa: ARG002
        """It is ready."""
        return created

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:
        """Only words can change in place."""
        created = prior.get("created_folder") is True
        return _attributes(planned, _folder(prior, ctx), created=created)

    def delete(self, prior: Attributes, ctx: Context) -> None:
        """Remove the folder if we made it and nothing is in it; data is never removed."""
        if prior.get("created_folder") is not True:
            return
        try:
            _folder(prior, ctx).rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            ctx.report(f"{_folder(prior, ctx)} is kept, since it is not empty")

    def find(self, ctx: Context) -> Iterator[Found]:  # noqa: ARG002
        """Folders carry no mark."""
        return iter(())

    def upgrade(self, version: int, raw: Attributes) -> Attributes:  # noqa: ARG002
        """There was no other shape yet."""
        return raw

    def local_path(self, attributes: Attributes, relative: str, ctx: Context) -> Path:
        """A file or folder in the datastore; links may not lead out of it either."""
        folder = _folder(attributes, ctx)
        path = folder / relative
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Rejected(f'the path "{relative}"', f"it leads out of the datastore at {folder}")
        return path


def _folder(attributes: Attributes, ctx: Context) -> Path:
    path = attributes["path"]
    assert isinstance(path, str), "the schema says so"
    return Path(ctx.root, Path(path).expanduser()).absolute()


def _attributes(given: Attributes, folder: Path, *, created: bool) -> Attributes:
    return {
        **{name: given.get(name) for name in _SCHEMA.attributes},
        "absolute_path": str(folder),
        "created_folder": created,
    }
