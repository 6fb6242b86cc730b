"""Leases: one runner a fingerprint, and nobody waits for the dead."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.store.lease import Held, Lease, Leases

WORK = of_bytes(b"a step's key")


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(tmp_path: Path, clock: Clock) -> Leases:
    return Leases(tmp_path, clock)


def get(leases: Leases, owner: str, ttl_s: float = 60) -> Lease:
    lease = leases.acquire(WORK, owner, ttl_s)
    assert isinstance(lease, Lease)
    return lease


def in_child(act: Callable[[], None], *, stays: bool = False) -> int:
    """Do a thing in another process, which then ends, or waits to be killed; its number."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        act()
        os.write(writing, b".")
        if stays:
            signal.pause()
        os._exit(0)
    os.read(reading, 1)
    os.close(reading)
    os.close(writing)
    if not stays:
        os.waitpid(child, 0)
    return child


def test_only_one_gets_it(leases: Leases) -> None:
    mine = get(leases, "me")

    answer = leases.acquire(WORK, "you", 60)

    assert answer == Held(mine)
    assert leases.holder(WORK) == mine
    assert isinstance(leases.acquire(of_bytes(b"other work"), "you", 60), Lease)


def test_the_same_owner_may_ask_again(leases: Leases) -> None:
    get(leases, "me")

    again = get(leases, "me")

    assert leases.holder(WORK) == again


def test_what_was_given_back_can_be_had(leases: Leases) -> None:
    leases.release(get(leases, "me"))

    assert leases.holder(WORK) is None
    assert get(leases, "you").owner == "you"


def test_it_runs_out(leases: Leases, clock: Clock) -> None:
    mine = get(leases, "me", ttl_s=60)
    clock.now_s += 59
    assert isinstance(leases.acquire(WORK, "you", 60), Held)

    clock.now_s += 1
    yours = get(leases, "you")

    assert leases.renew(mine, 60) == Held(yours)
    leases.release(mine)
    assert leases.holder(WORK) == yours


def test_it_holds_for_longer_when_renewed(leases: Leases, clock: Clock) -> None:
    mine = get(leases, "me", ttl_s=60)
    clock.now_s += 50

    longer = leases.renew(mine, 60)

    clock.now_s += 50
    assert isinstance(longer, Lease)
    assert leases.acquire(WORK, "you", 60) == Held(longer)
    leases.release(mine)
    assert leases.renew(mine, 60) is None


def test_that_of_a_dead_process_is_free_at_once(leases: Leases) -> None:
    in_child(lambda: assert_got(leases))

    assert get(leases, "me").owner == "me"


def test_that_of_a_living_process_is_not(leases: Leases) -> None:
    child = in_child(lambda: assert_got(leases), stays=True)

    assert isinstance(leases.acquire(WORK, "me", 60), Held)

    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert get(leases, "me").owner == "me"


def test_that_of_another_machine_is_believed_until_it_runs_out(
    leases: Leases, clock: Clock, tmp_path: Path
) -> None:
    mine = get(leases, "them")
    path = next((tmp_path / "leases").glob("*.json"))
    path.write_text(path.read_text().replace(mine.holder, "4000000.1.other-boot.other-machine"))

    assert isinstance(leases.acquire(WORK, "me", 60), Held)
    clock.now_s += 60
    assert get(leases, "me").owner == "me"


def test_a_damaged_lease_is_free(leases: Leases, tmp_path: Path) -> None:
    get(leases, "me")
    next((tmp_path / "leases").glob("*.json")).write_text("{")

    assert leases.holder(WORK) is None
    assert get(leases, "you").owner == "you"


def assert_got(leases: Leases) -> None:
    assert get(leases, "them").owner == "them"
