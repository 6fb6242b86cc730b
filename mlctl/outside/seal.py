"""Keyed digests of secret texts, the same for everybody who shares a store."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class StoreSeal:
    """A ``Seal`` whose key is drawn once for a store and kept there, readable by its owner alone.

    The key is made when a secret is first met, so that a configuration without secrets has none.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "seal.key"
        self._key: bytes | None = None

    def __call__(self, text: str) -> str:
        """The digest.

        Raises:
            OSError: The key can neither be read nor be made.
        """
        if self._key is None:
            self._key = self._read() or self._make()
        content = text.encode("utf-8", "surrogatepass")
        return f"hmac-sha256:{hmac.new(self._key, content, hashlib.sha256).hexdigest()}"

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def _make(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        temporary.touch(mode=0o600)
        temporary.write_bytes(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(temporary, self._path)  # the first of two writers wins
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return self._path.read_bytes()
