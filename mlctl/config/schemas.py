"""The blocks of the language: what each may hold. docs/language.md is their manual."""

from __future__ import annotations

from mlctl.core.schema import Attribute, BlockSchema, NestedBlock
from mlctl.core.types import BOOL, DYNAMIC, NUMBER, STRING, ListType, MapType

DATA_TYPES = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model")
"""Types of inputs and outputs that are files or folders."""

LITERAL_TYPES = ("string", "number", "integer", "boolean")
"""Types of inputs and outputs that are values."""

METRICS = "metrics"
"""Type of an output that is a JSON object of numbers."""

FILE_TYPES = ("uri_file", METRICS, *LITERAL_TYPES)
"""Types whose bytes are one file; the other data types are folders."""

_TAGS = Attribute(type=MapType(STRING), doc="Free labels; they never cause a run.")
_DESCRIPTION = Attribute(type=STRING, doc="For people; it never causes a run.")


def _text(doc: str, **more: bool | str | tuple[str, ...]) -> Attribute:
    return Attribute(type=STRING, doc=doc, **more)  # type: ignore[arg-type]  # keywords of mixed types


def _reference(kind: str, doc: str) -> Attribute:
    return Attribute(type=DYNAMIC, doc=doc, refers_to=kind)


MLCTL = BlockSchema(
    doc="Settings of the configuration.",
    attributes={"required_version": _text("Versions of mlctl that may read this: >= 0.1, < 2.")},
    blocks={
        "backend": NestedBlock(
            schema=BlockSchema(doc="Where the state is kept.", attributes={"path": _text("File.")}),
            labels=("type",),
        ),
        "cache": NestedBlock(
            schema=BlockSchema(
                doc="How results are kept.",
                attributes={
                    "version": _text("A salt: raise it to disown every kept result."),
                    "path": _text("The store's folder, if not .mlctl/store; may be shared."),
                },
            )
        ),
    },
)

VARIABLE = BlockSchema(
    doc="An input of the configuration or of a module.",
    attributes={
        "type": Attribute(type=DYNAMIC, doc="A type constraint.", deferred=True),
        "default": Attribute(type=DYNAMIC, doc="The value when none is given.", deferred=True),
        "description": _DESCRIPTION,
        "sensitive": Attribute(type=BOOL, doc="Never shown or recorded in clear."),
        "nullable": Attribute(type=BOOL, doc="Whether null is a value; true unless said."),
    },
    blocks={
        "validation": NestedBlock(
            schema=BlockSchema(
                doc="A condition the value must meet.",
                attributes={
                    "condition": Attribute(type=BOOL, doc="True when it is met.", required=True),
                    "error_message": _text("What to say when it is not.", required=True),
                },
            ),
            repeated=True,
        )
    },
)

OUTPUT = BlockSchema(
    doc="A value of the configuration, or of a module for its caller.",
    attributes={
        "value": Attribute(type=DYNAMIC, doc="The value.", required=True),
        "description": _DESCRIPTION,
        "sensitive": Attribute(type=BOOL, doc="Never shown."),
        "depends_on": Attribute(type=DYNAMIC, doc="What else must be there.", deferred=True),
    },
)

_META = {
    "count": Attribute(type=NUMBER, doc="How many instances, told apart by count.index."),
    "for_each": Attribute(type=DYNAMIC, doc="A map or set of strings: one instance a key."),
    "depends_on": Attribute(type=DYNAMIC, doc="What else must be done first.", deferred=True),
    "enabled": Attribute(type=BOOL, doc="false: as if the block were not there."),
}

META_NAMES = tuple(_META)
"""The meta-arguments that every repeatable block takes."""

MODULE = BlockSchema(
    doc="A call of another configuration; further arguments are its variables.",
    attributes={"source": _text("A local path, beginning with ./ or ../.", required=True), **_META},
)

_CONDITION = NestedBlock(
    schema=BlockSchema(
        doc="A condition that must hold.",
        attributes={
            "condition": Attribute(type=BOOL, doc="True when it holds.", required=True),
            "error_message": _text("What to say when it does not.", required=True),
        },
    ),
    repeated=True,
)

LIFECYCLE = BlockSchema(
    doc="How changes are made.",
    attributes={
        "prevent_destroy": Attribute(type=BOOL, doc="Refuse every plan that would destroy it."),
        "create_before_destroy": Attribute(type=BOOL, doc="When replaced, make the new one first."),
        "ignore_changes": Attribute(type=DYNAMIC, doc="Attributes left as found.", deferred=True),
        "replace_triggered_by": Attribute(
            type=DYNAMIC, doc="Replace it when one of these changes.", deferred=True
        ),
    },
    blocks={"precondition": _CONDITION},
)

_LIFECYCLE = {"lifecycle": NestedBlock(schema=LIFECYCLE)}

WORKSPACE = BlockSchema(
    doc="Where assets and runs belong.",
    attributes={
        "description": _DESCRIPTION,
        "tags": _TAGS,
        "default_compute": _reference("compute", "For steps that name none."),
        "default_datastore": _reference("datastore", "For data that names none."),
    },
    blocks=_LIFECYCLE,
)

DATA_ASSET = BlockSchema(
    doc="Versioned data.",
    attributes={
        "type": _text("Its shape.", required=True, allowed=("uri_file", "uri_folder", "mltable")),
        "path": _text("A path relative to the module's folder, or datastore://…", required=True),
        "version": _text("If not given, the content's digest is the version.", computed=True),
        "description": _DESCRIPTION,
        "tags": _TAGS,
        "digest": _text("Of the content.", computed=True),
        "size_bytes": Attribute(type=NUMBER, doc="Of all files together.", computed=True),
    },
    blocks=_LIFECYCLE,
)

ENVIRONMENT = BlockSchema(
    doc="The software a step runs in.",
    attributes={
        "python": _text("Version of Python, such as 3.11; if not given, the one mlctl runs on."),
        "requirements": Attribute(type=ListType(STRING), doc="Requirements, as pip writes them."),
        "requirements_file": _text("A file of requirements, relative to the module's folder."),
        "conda_file": _text("A conda environment.yml, translated to Python packages."),
        "env": Attribute(type=MapType(STRING), doc="Variables for every step that uses it."),
        "managed": Attribute(type=BOOL, doc="false: the target's own interpreter.", default=True),
        "description": _DESCRIPTION,
        "tags": _TAGS,
        "lock_digest": _text("Of the resolved lock.", computed=True),
        "packages": Attribute(
            type=MapType(STRING), doc="Locked version by package.", computed=True
        ),
        "python_version": _text("The locked version of Python.", computed=True),
    },
    blocks=_LIFECYCLE,
)

COMPUTE = BlockSchema(doc="A target steps run on.", blocks=_LIFECYCLE)
DATASTORE = BlockSchema(doc="Where data lives.", blocks=_LIFECYCLE)

INPUT = BlockSchema(
    doc="An input of a component, a step or a pipeline.",
    attributes={
        "type": _text("Its type.", required=True, allowed=(*LITERAL_TYPES, *DATA_TYPES)),
        "default": Attribute(type=DYNAMIC, doc="The value when none is given."),
        "optional": Attribute(type=BOOL, doc="It may be left out."),
        "min": Attribute(type=NUMBER, doc="The least number."),
        "max": Attribute(type=NUMBER, doc="The greatest number."),
        "enum": Attribute(type=ListType(DYNAMIC), doc="The only values it may have."),
        "description": _DESCRIPTION,
        "mode": _text("How data is staged.", allowed=("ro_mount", "download", "direct")),
    },
)

STEP_OUTPUT = BlockSchema(
    doc="An output of a component or a step.",
    attributes={
        "type": _text("Its type.", required=True, allowed=(METRICS, *LITERAL_TYPES, *DATA_TYPES)),
        "description": _DESCRIPTION,
    },
)

_RETRY = NestedBlock(
    schema=BlockSchema(
        doc="When a failed attempt is followed by another.",
        attributes={
            "attempts": Attribute(type=NUMBER, doc="In all, the first included.", default=1),
            "backoff": _text("Before the second attempt; doubled before each further one."),
            "on": Attribute(type=ListType(STRING), doc="unreachable, lost, timeout, exit:N; any."),
        },
    )
)

_RESOURCES = NestedBlock(
    schema=BlockSchema(
        doc="What a step asks of its target.",
        attributes={
            "cpus": Attribute(type=NUMBER, doc="Processors."),
            "memory": _text("Main memory, such as 8GiB."),
            "gpus": Attribute(type=NUMBER, doc="GPUs."),
            "shm_size": _text("Shared memory, such as 1GiB."),
            "instance_count": Attribute(type=NUMBER, doc="Machines that share the work."),
        },
    )
)

_INLINE = {
    "code": _text("A folder, relative to the module's; snapshot and hashed."),
    "command": Attribute(type=DYNAMIC, doc="A shell text or a list of words.", deferred=True),
    "environment": _reference("environment", "The software it runs in."),
    "description": _DESCRIPTION,
    "tags": _TAGS,
}
_SHARED = {
    "env": Attribute(type=MapType(STRING), doc="Variables the step sees."),
    "timeout": _text("The longest it may take, such as 2h."),
    "deterministic": Attribute(type=BOOL, doc="false: never take a kept result."),
}
_SHARED_BLOCKS = {"retry": _RETRY, "resources": _RESOURCES}
_PORTS = {
    "input": NestedBlock(schema=INPUT, labels=("name",), repeated=True),
    "output": NestedBlock(schema=STEP_OUTPUT, labels=("name",), repeated=True),
}

COMPONENT = BlockSchema(
    doc="A reusable step definition.",
    attributes={
        "version": _text("If not given, the definition's digest is the version.", computed=True),
        **_INLINE,
        **_SHARED,
        "digest": _text("Of the definition.", computed=True),
    },
    blocks={**_PORTS, **_SHARED_BLOCKS, **_LIFECYCLE},
)

STEP = BlockSchema(
    doc="One step of a pipeline: a component or an inline definition, and its inputs.",
    attributes={
        "component": _reference("component", "What to run."),
        "inputs": Attribute(type=DYNAMIC, doc="An object: the inputs by name.", deferred=True),
        "compute": _reference("compute", "Where to run."),
        **_INLINE,
        **_SHARED,
        **_META,
    },
    blocks={**_PORTS, **_SHARED_BLOCKS},
)

INLINE_ONLY = (*_INLINE, "input", "output")
"""What a step may hold only when it names no component."""

PIPELINE_OUTPUT = BlockSchema(
    doc="An output of a pipeline.",
    attributes={
        "value": Attribute(type=DYNAMIC, doc="A step's output, or any value.", required=True),
        "description": _DESCRIPTION,
    },
)

PIPELINE = BlockSchema(
    doc="Steps and how data flows between them.",
    attributes={
        "workspace": _reference("workspace", "Where it belongs."),
        "default_compute": _reference("compute", "For steps that name none."),
        "continue_on_step_failure": Attribute(
            type=BOOL, doc="Other branches go on when a step fails.", default=False
        ),
        "run_on_apply": Attribute(
            type=BOOL, doc="false: only mlctl run runs its steps.", default=True
        ),
        "description": _DESCRIPTION,
        "tags": _TAGS,
    },
    blocks={
        "input": NestedBlock(schema=INPUT, labels=("name",), repeated=True),
        "step": NestedBlock(schema=STEP, labels=("name",), repeated=True),
        "output": NestedBlock(schema=PIPELINE_OUTPUT, labels=("name",), repeated=True),
        **_LIFECYCLE,
    },
)


def with_meta(schema: BlockSchema) -> BlockSchema:
    """The schema of a repeatable block: its own arguments and the meta-arguments."""
    return BlockSchema(
        doc=schema.doc, attributes={**schema.attributes, **_META}, blocks=schema.blocks
    )


KINDS = {
    "workspace": WORKSPACE,
    "datastore": DATASTORE,
    "data_asset": DATA_ASSET,
    "environment": ENVIRONMENT,
    "compute": COMPUTE,
    "component": COMPONENT,
    "pipeline": PIPELINE,
}
"""What is declared, made and recorded, by block type."""

TYPED_KINDS = ("datastore", "compute")
"""Kinds with a type label, whose further arguments are their provider's."""

BLOCK_LABELS = {
    "mlctl": (),
    "locals": (),
    "variable": ("name",),
    "output": ("name",),
    "module": ("name",),
    **{kind: ("type", "name") if kind in TYPED_KINDS else ("name",) for kind in KINDS},
}
"""The labels of each top-level block."""
