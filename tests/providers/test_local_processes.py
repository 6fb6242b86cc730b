"""Processes are told apart, and waited for, however little the system helps."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from mlctl_local import processes
from mlctl_local.processes import Process


def this_process() -> Process:
    fields = processes.stat_fields(os.getpid())
    assert fields is not None
    return Process(os.getpid(), fields[19], processes.boot_id())


def test_a_process_is_its_number_its_start_and_its_boot() -> None:
    mine = this_process()

    assert processes.is_alive(mine)
    assert not processes.is_alive(replace(mine, start="1"))
    assert not processes.is_alive(replace(mine, boot="another"))
    assert not processes.is_alive(replace(mine, pid=2**22 + 1))


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen(["/bin/sleep", "60"])
    fields = processes.stat_fields(child.pid)
    assert fields is not None
    process = Process(child.pid, fields[19], processes.boot_id())
    alive_before = processes.is_alive(process)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is not reaped

    assert alive_before
    assert not processes.is_alive(process)
    child.wait()


@pytest.mark.parametrize("record", ["", " " * 79 + "\n", "12", "12 34", "no 1 boot"])
def test_a_record_that_is_not_written_yet_names_nobody(record: str) -> None:
    assert processes.parse_process(record) is None


def test_the_wait_ends_with_the_process() -> None:
    child = subprocess.Popen(["/bin/sleep", "0.2"])
    descriptor = processes.watch_child(child.pid)
    began = time.monotonic()

    processes.wait_for_any([descriptor], 20)

    assert time.monotonic() - began < 10
    child.wait()
    if descriptor is not None:
        os.close(descriptor)


def test_without_a_descriptor_the_wait_is_a_short_sleep() -> None:
    began = time.monotonic()

    processes.wait_for_any([None], 20)

    assert time.monotonic() - began < 5


def test_what_ended_cannot_be_watched() -> None:
    assert processes.watch(replace(this_process(), pid=2**22 + 1)) is None
    assert processes.watch(replace(this_process(), start="1")) is None


def test_only_the_group_that_carries_the_mark_is_killed() -> None:
    ours = subprocess.Popen(["/bin/sleep", "60"], env={"MARK": "of-this-job"}, process_group=0)
    try:
        processes.kill_group_of(ours.pid, mark="of-another-job")
        spared = ours.poll() is None
        processes.kill_group_of(ours.pid, mark="of-this-job")

        assert spared
        assert ours.wait(timeout=10) == -signal.SIGKILL
    finally:
        ours.kill()
        ours.wait()
