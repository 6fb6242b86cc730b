"""What every test gets: speed markers, golden files, and no network beyond this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import pytest

from tests.golden import golden

__all__ = ["golden"]

SPEED_MARKERS = ("fast", "slow", "functional", "network")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="write golden files instead of comparing with them"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: may talk to hosts other than this one")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(item.get_closest_marker(name) for name in SPEED_MARKERS):
            item.add_marker(pytest.mark.fast)


@pytest.fixture(autouse=True)
def loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects elsewhere from this process, unless it is marked ``network``.

    Programs that a test starts are not watched.
    """
    if request.node.get_closest_marker("network"):
        return
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


Connect = Callable[[socket.socket, object], int | None]


def _guarded(connect: Connect) -> Connect:
    def guarded(self: socket.socket, address: object) -> int | None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address):
            self.close()  # whoever made it only expects exceptions that connecting can raise
            # Not an exception of a kind that code under test could take for an unreachable host.
            pytest.fail(f"a test without the network marker connects to {address!r}")
        return connect(self, address)

    return guarded


def _is_loopback(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) else address
    try:
        return host == "localhost" or ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
