"""The local executor keeps the contract, and does what only this machine can do."""

from __future__ import annotations

from mlctl.kit.contracts.executor import ExecutorContract


class TestLocalExecutor(ExecutorContract):
    entry = "mlctl_local:provider"
    compute = "local"
