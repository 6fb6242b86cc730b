"""A small artifact store in a folder, for tests: whole files and folders by content, copied."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from mlctl.core import digest
from mlctl.core.digest import Digest
from mlctl.core.job import Artifact, DataKind


class FolderArtifacts:
    """``mlctl.core.provider.Artifacts`` at its simplest: nothing is shared, everything copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def materialize(self, digest: Digest, destination: Path, *, writable: bool = False) -> None:
        """Copy content out; without write permission unless ``writable``."""
        source = self._content(digest)
        if source.is_dir():
            shutil.copytree(source, destination, symlinks=True)
            files = [path for path in destination.rglob("*") if path.is_file()]
        else:
            shutil.copy(source, destination)
            files = [destination]
        if not writable:
            for file in files:
                file.chmod(file.stat().st_mode & ~0o222)

    def ingest(self, path: Path, kind: DataKind) -> Artifact:
        """Copy content in."""
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        match kind:
            case DataKind.FOLDER if not is_folder:
                raise NotADirectoryError(path)
            case DataKind.FILE if is_folder:
                raise IsADirectoryError(path)
        return self._put_folder(path) if is_folder else self._put_file(path)

    def put_text(self, text: str) -> Artifact:
        """A file with this text."""
        return self._keep(digest.of_bytes(text.encode()), {"": text.encode()})

    def put_files(self, files: dict[str, str]) -> Artifact:
        """A folder with these texts by relative path."""
        return self._tree({name: text.encode() for name, text in files.items()})

    def text(self, artifact: Artifact, name: str = "") -> str:
        """The text of a file, or of the one called ``name`` in a folder."""
        content = self._content(artifact.digest)
        return (content / name if name else content).read_text("utf-8")

    def names(self, artifact: Artifact) -> list[str]:
        """Relative paths of the files of a folder."""
        content = self._content(artifact.digest)
        return sorted(str(p.relative_to(content)) for p in content.rglob("*") if p.is_file())

    def _content(self, of: Digest) -> Path:
        return self._folder / of.replace(":", "-")

    def _put_file(self, path: Path) -> Artifact:
        content = path.read_bytes()
        return self._keep(digest.of_bytes(content), {"": content})

    def _put_folder(self, path: Path) -> Artifact:
        files = (found for found in path.rglob("*") if found.is_file())
        return self._tree({str(found.relative_to(path)): found.read_bytes() for found in files})

    def _tree(self, files: dict[str, bytes]) -> Artifact:
        manifest = digest.canonical(
            [[name, digest.of_bytes(content)] for name, content in sorted(files.items())]
        )
        of = Digest(f"{digest.TREE}:{digest.hex_of(digest.of_bytes(manifest))}")
        return self._keep(of, files)

    def _keep(self, of: Digest, files: dict[str, bytes]) -> Artifact:
        content = self._content(of)
        if not digest.is_tree(of):
            content.write_bytes(files[""])
        else:
            content.mkdir(exist_ok=True)
            for name, data in files.items():
                file = content / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        return Artifact(of, sum(map(len, files.values())))
