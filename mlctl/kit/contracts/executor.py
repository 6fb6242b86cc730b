"""The contract of executors, as a class to inherit from.

A provider's test module says ``class TestMine(ExecutorContract)`` and gives its entry point; pytest
finds the inherited tests. Every sentence of ``mlctl.core.provider.Executor`` is one of them.
"""

from __future__ import annotations

from mlctl.kit.contracts.executor_again import AgainContract
from mlctl.kit.contracts.executor_data import DataContract
from mlctl.kit.contracts.executor_ending import EndingContract
from mlctl.kit.contracts.executor_running import RunningContract


class ExecutorContract(RunningContract, DataContract, EndingContract, AgainContract):
    """All of it. Set ``entry`` and ``compute``, and ``attributes`` where defaults do not do."""
