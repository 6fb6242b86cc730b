"""GPUs of this machine, given to jobs whole, so that two jobs never share one by accident.

A job that asks for GPUs sees those it was given in ``CUDA_VISIBLE_DEVICES``, and one that does not
sees none. Who has which is in small files under ``<root>/gpus``, so that every process agrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mlctl.core.errors import NoCapacity
from mlctl.kit.locks import file_lock

_DRIVER = Path("/proc/driver/nvidia/gpus")
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def count_gpus(driver: Path = _DRIVER) -> int:
    """GPUs the NVIDIA driver shows: one folder each. Starts no program."""
    return sum(1 for _ in driver.iterdir()) if driver.is_dir() else 0


class Gpus:
    """The GPUs of one machine and who has them."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count = count
        self._folder = folder

    def hidden(self) -> Mapping[str, str]:
        """Variables for a job that was given none; none at all on a machine without GPUs."""
        return {_VISIBLE: ""} if self.count else {}

    def claim(self, job_id: str, wanted: int, is_over: Callable[[str], bool]) -> Mapping[str, str]:
        """Take GPUs for a job; the variables it gets. Claimed again, it has the same.

        Args:
            job_id: Of the job.
            wanted: How many.
            is_over: True when the job of this id runs no more, so that its GPUs are free.

        Raises:
            NoCapacity: Other jobs have too many of them.
        """
        if wanted == 0:
            return {}
        self._folder.mkdir(parents=True, exist_ok=True)
        with file_lock(self._folder / "lock"):
            holders = {index: self._holder(index) for index in range(self.count)}
            mine = [index for index, holder in holders.items() if holder == job_id]
            free = (i for i, h in holders.items() if h != job_id and (h is None or is_over(h)))
            chosen = [*mine, *free][:wanted]
            if len(chosen) < wanted:
                raise NoCapacity("this machine", f"{wanted} GPUs are asked for, {len(chosen)} free")
            for index in chosen:
                (self._folder / str(index)).write_text(job_id, "ascii")
        return {_VISIBLE: ",".join(str(index) for index in sorted(chosen))}

    def release(self, job_id: str) -> None:
        """Give back what a job has."""
        if not self._folder.exists():
            return
        with file_lock(self._folder / "lock"):
            for index in range(self.count):
                if self._holder(index) == job_id:
                    (self._folder / str(index)).unlink()

    def _holder(self, index: int) -> str | None:
        try:
            return (self._folder / str(index)).read_text("ascii")
        except FileNotFoundError:
            return None
