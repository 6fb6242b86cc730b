"""One command's view of one configuration: everything opened once, and closed at the end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mlctl.config.declarations import Configuration
from mlctl.config.evaluation import ConfigurationValues, Outside, Request, UnknownDatastore
from mlctl.config.given import OnCommandLine, auto_files, given_values
from mlctl.config.load import load
from mlctl.config.nodes import nodes
from mlctl.config.ports import Sources
from mlctl.config.step_context import THIS_MACHINE
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostics
from mlctl.core.digest import Json
from mlctl.core.provider import Attributes, Context, DatastoreType, Foreseeing
from mlctl.core.secret import Secret
from mlctl.core.state import State
from mlctl.core.value import Value
from mlctl.graph.order import Graph, build, cycle_diagnostics
from mlctl.hcl.functions import FunctionTable, table
from mlctl.hcl.functions import World as FunctionWorld
from mlctl.hcl.render import render_template
from mlctl.outside.files import ConfigurationFiles
from mlctl.outside.kept import KeptInStore
from mlctl.outside.lazy_locks import LazyLocks
from mlctl.outside.seal import StoreSeal
from mlctl.outside.settings import Settings, read_settings
from mlctl.outside.sources import ScannedSources
from mlctl.registry import Registry
from mlctl.state.backends.local import LocalBackend
from mlctl.state.paths import output_path
from mlctl.state.recovery import recover, unfinished
from mlctl.state.version import mlctl_version
from mlctl.store.local import LocalStore
from mlctl.store.results import Results

DATA_DIR = ".mlctl"
STATE_FILE = "mlctl.state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the user asked for, apart from the command's own options.

    Attributes:
        root: The configuration's folder, absolute.
        state: The state file named by ``--state``.
        given: ``--var`` and ``--var-file``, in order.
        environment: Of the process; ``MLCTL_VAR_*`` is read.
        lock: False with ``--lock=false``.
        lock_timeout_s: How long to wait for the state's lock.
        command: As typed, for whoever finds the lock.
        report: Says one sentence while something takes its time.
    """

    root: Path
    state: Path | None = None
    given: tuple[OnCommandLine, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    lock: bool = True
    lock_timeout_s: float = 0.0
    command: str = ""
    report: Callable[[str], None] = lambda _text: None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was read.

    Attributes:
        found: What is wrong with it so far, circles included.
        variable_files: Those that values were read from.
    """

    configuration: Configuration
    graph: Graph
    variables: Mapping[str, Value]
    settings: Settings
    registry: Registry
    found: Diagnostics
    variable_files: tuple[Path, ...] = ()


def load_configuration(invocation: Invocation) -> Loaded:
    """Read the configuration, its variables and its graph."""
    registry = Registry()
    configuration, found = load(invocation.root, registry)
    variables = given_values(configuration.root, invocation.environment, invocation.given, found)
    settings = read_settings(configuration.root, mlctl_version(), found)
    graph = build(nodes(configuration, found))
    found.extend(cycle_diagnostics(graph))
    files = (*auto_files(invocation.root), *(Path(g.text) for g in invocation.given if not g.name))
    return Loaded(
        configuration,
        graph,
        variables,
        settings,
        registry,
        found,
        tuple(f for f in files if f.is_file()),
    )


class Session:
    """The stores, the state and the providers of one configuration.

    Attributes:
        loaded: The configuration.
        store: Of artifacts; likewise ``results``, ``locks``, ``seal``, ``kept``.
        backend: Of the state.
        files: What functions of the language have read.
    """

    def __init__(self, invocation: Invocation, loaded: Loaded) -> None:
        self.invocation = invocation
        self.loaded = loaded
        root = invocation.root
        self.data_dir = root / DATA_DIR
        store = loaded.settings.store or self.data_dir / "store"
        self.store = LocalStore(store, invocation.report)
        self.results = Results(store, invocation.report)
        self.sources = ScannedSources(self.store.scanner, root)
        self.locks = LazyLocks(root)
        self.seal = StoreSeal(store)
        self.files = ConfigurationFiles(root)
        self.kept = KeptInStore(self.store, self.results, self.sources, self.data_dir)
        self.backend = LocalBackend(invocation.state or loaded.settings.state or root / STATE_FILE)

    def close(self) -> None:
        """Let go of the stores."""
        self.store.close()

    def read_state(self) -> tuple[State, tuple[str, ...]]:
        """The state with the journals of dead runs folded in, and sentences about those."""
        state = self.backend.read()
        return recover(state, unfinished(self.data_dir, state.lineage))

    def context(self, lineage: str) -> Context:
        """What providers may know."""
        return Context(
            root=self.invocation.root,
            data_dir=self.data_dir,
            owner=lineage,
            report=self.invocation.report,
        )

    def evaluation(
        self,
        context: Context,
        inputs: Mapping[tuple[Address, str], Value] | None = None,
        sources: Sources | None = None,
    ) -> ConfigurationValues:
        """The configuration as a function of what is settled."""
        loaded = self.loaded
        names = {
            (o.kind, o.type): loaded.registry.provider_name(o.kind, o.type)
            for module in loaded.configuration.root.walk()
            for o in module.objects.values()
        }
        outside = Outside(
            sources=sources or self.sources,
            locks=self.locks,
            seal=self.seal,
            datastore_path=_DatastorePaths(loaded.registry, context),
            published=lambda output: str(output_path(self.data_dir, output)),
            functions=self.functions(),
        )
        made = ConfigurationValues(
            loaded.configuration,
            Request(variables=loaded.variables, inputs=inputs or {}, salt=loaded.settings.salt),
            outside,
            names,
        )
        made.use_this_machine(loaded.registry["compute", "local"].schema)
        return made

    def functions(self, *, at_apply: bool = False) -> FunctionTable:
        """The functions of the language; ``timestamp()`` and ``uuid()`` are known at apply."""
        return table(
            FunctionWorld(
                files=self.files,
                render=render_template,
                plan_time=datetime.now(UTC),
                now=(lambda: datetime.now(UTC)) if at_apply else None,
                new_uuid=(lambda: str(uuid.uuid4())) if at_apply else None,
            )
        )

    def foresee(self, context: Context) -> _Foresight:
        """What providers can tell of objects before they are made."""
        return _Foresight(self.loaded.registry, context)

    def settle_this_machine(self, evaluation: ConfigurationValues, context: Context) -> None:
        """Look at the machine that steps run on when no target is named."""
        facts = self.foresee(context)("compute", "local", {})
        evaluation.settle_resource(THIS_MACHINE, facts)


@dataclass(frozen=True, slots=True)
class _Foresight:
    registry: Registry
    context: Context

    def __call__(self, kind: str, type_label: str, attributes: Attributes) -> Attributes:
        """See ``Foresight``; what cannot be told now is told by apply."""
        offered: object = self.registry.get((kind, type_label))
        if not isinstance(offered, Foreseeing):
            return {}
        return offered.foresee(attributes, self.context)


@dataclass(frozen=True, slots=True)
class _DatastorePaths:
    registry: Registry
    context: Context

    def __call__(self, type_label: str, attributes: Mapping[str, Json], inside: str) -> Path:
        offered: object = self.registry.get(("datastore", type_label))
        if not isinstance(offered, DatastoreType):
            raise UnknownDatastore(inside, f'nothing can be read from a "{type_label}" datastore')
        plain: dict[str, Json | Secret] = dict(attributes)
        return offered.local_path(plain, inside, self.context)
