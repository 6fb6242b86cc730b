"""Plans, states and events that the tests of several views show."""

from __future__ import annotations

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json
from mlctl.core.event import Envelope, Event
from mlctl.core.plan import (
    Action,
    ActionReason,
    Drift,
    OutputChange,
    Plan,
    ResourceChange,
    StepChange,
)
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvironmentPending,
    EnvVariableChanged,
    Forced,
    FormatChanged,
    InputChanged,
    InterpreterChanged,
    NeverRan,
    OutputMissing,
    OutputsChanged,
    PackageChange,
    PlatformChanged,
    Reason,
    ResultNotKept,
    SettingChanged,
    UpstreamPending,
    ValuePending,
)
from mlctl.core.step import (
    DataInput,
    Image,
    Interpreter,
    LiteralInput,
    LockedSoftware,
    MembersInput,
    Pending,
    StepKey,
)
from mlctl.core.value import (
    SENSITIVE,
    Value,
    from_plain,
    list_of,
    map_of,
    object_of,
    set_of,
    string,
    unknown,
)

CANARY = "canary-7f3a"
AT = "2024-05-06T07:08:09.123Z"
SEAL: dict[str, Json] = {"sensitive": True, "hmac": "ab" * 32}
SEALED_TEXT = f"hmac-sha256:{'ab' * 32}"


def address(text: str) -> Address:
    return Address.parse(text)


def file_digest(letter: str) -> Digest:
    return Digest("sha256:" + letter * 64)


def tree_digest(letter: str) -> Digest:
    return Digest("sha256-tree:" + letter * 64)


def secret(text: str = CANARY) -> Value:
    return string(text).mark(SENSITIVE)


def envelope(event: Event, seq: int = 1) -> Envelope:
    return Envelope("r7", seq, AT, event)


LOCK_OLD = LockedSoftware(file_digest("1"), "3.11", {"numpy": "1.26.0", "scikit-learn": "1.5.0"})
LOCK_NEW = LockedSoftware(file_digest("2"), "3.11", {"numpy": "1.26.0", "scikit-learn": "1.5.1"})


def key(*, epochs: int = 10, command: str = "python train.py", token: str = SEALED_TEXT) -> StepKey:
    return StepKey(
        code=tree_digest("c"),
        command=command,
        inputs={"data": DataInput(tree_digest("d")), "epochs": LiteralInput("integer", epochs)},
        software=LOCK_OLD,
        env={"RATE": "0.1", "TOKEN": token},
        outputs={"model": "uri_folder"},
        platform="linux/x86_64",
    )


EVERY_REASON: tuple[tuple[Reason, str], ...] = (
    (NeverRan(), "never ran"),
    (CodeChanged(tree_digest("a"), tree_digest("b"), changed=("train.py",)), "train.py"),
    (CodeChanged(tree_digest("a"), tree_digest("b"), added=("new.py",)), "new.py (new)"),
    (CodeChanged(tree_digest("a"), tree_digest("b")), "aaaaaaaaaaaa -> bbbbbbbbbbbb"),
    (CodeChanged(None, tree_digest("b")), "no code folder -> bbbbbbbbbbbb"),
    (ValuePending(("command",)), "command: known only when it runs"),
    (CommandChanged("python a.py", "python b.py"), "python a.py -> python b.py"),
    (CommandChanged("a", ("b", "c d")), 'a -> ["b", "c d"]'),
    (
        InputChanged("epochs", LiteralInput("integer", 10), LiteralInput("integer", 20)),
        "input epochs: 10 -> 20",
    ),
    (
        InputChanged("size", LiteralInput("string", "1"), LiteralInput("integer", "1")),
        '"1" -> 1',
    ),
    (
        InputChanged("token", LiteralInput("string", SEAL), LiteralInput("string", SEAL)),
        "input token: (sensitive value) changed",
    ),
    (
        InputChanged(
            "data", DataInput(tree_digest("a")), DataInput(tree_digest("b")), ("x.csv", "y.csv")
        ),
        "input data: aaaaaaaaaaaa -> bbbbbbbbbbbb (x.csv, y.csv)",
    ),
    (InputChanged("extra", None, LiteralInput("number", 1)), "input extra is new: 1"),
    (
        InputChanged("extra", LiteralInput("number", 1), None),
        "input extra is not declared any more",
    ),
    (
        InputChanged("models", MembersInput({"s": file_digest("a")}), MembersInput({})),
        "input models: {s: aaaaaaaaaaaa} -> {}",
    ),
    (
        EnvironmentChanged(LOCK_OLD, LOCK_NEW, (PackageChange("scikit-learn", "1.5.0", "1.5.1"),)),
        "package scikit-learn: 1.5.0 -> 1.5.1",
    ),
    (
        EnvironmentChanged(
            LOCK_OLD, LOCK_NEW, (PackageChange("a", None, "1"), PackageChange("b", "2", None))
        ),
        "packages a: 1 (new), b: 2 (gone)",
    ),
    (EnvironmentChanged(LOCK_OLD, Image("sha256:ff")), "image sha256:ff"),
    (
        EnvironmentPending(Address.of("environment", "sk"), ("scikit-learn>=1.6",)),
        "environment.sk, which now asks for scikit-learn>=1.6",
    ),
    (
        InterpreterChanged(Interpreter("CPython", "3.11.2"), Interpreter("CPython", "3.12.1")),
        "CPython 3.11.2 -> CPython 3.12.1",
    ),
    (EnvVariableChanged("RATE", "1", "2"), 'env RATE: "1" -> "2"'),
    (EnvVariableChanged("RATE", None, "2"), 'env RATE is new: "2"'),
    (EnvVariableChanged("RATE", "1", None), "env RATE is not declared any more"),
    (
        EnvVariableChanged("TOKEN", SEALED_TEXT, f"hmac-sha256:{'cd' * 32}"),
        "env TOKEN: (sensitive value) changed",
    ),
    (OutputsChanged(added=("report",), removed=("model",)), "report (new), model (gone)"),
    (PlatformChanged("linux/x86_64", "linux/arm64"), "linux/x86_64 -> linux/arm64"),
    (SettingChanged("instance_count", 1, 2), "instance_count: 1 -> 2"),
    (FormatChanged(), "another mlctl version"),
    (
        UpstreamPending(Address.parse("pipeline.x.step.prep"), ("inputs.data",)),
        "waits for pipeline.x.step.prep (inputs.data): known after apply",
    ),
    (OutputMissing("model", tree_digest("e")), "output model (eeeeeeeeeeee)"),
    (ResultNotKept(), "a source moved meanwhile"),
    (Forced("--replace"), "forced by --replace"),
)

CREATED = ResourceChange(
    address=address("compute.gpu"),
    kind="compute",
    type="ssh",
    action=Action.CREATE,
    after=object_of(
        {
            "host": string("gpu.example"),
            "id": unknown(),
            "labels": map_of({"team": string("ml")}),
            "note": from_plain(None),
            "password": secret(),
            "ports": list_of([string("22")]),
        }
    ),
)
UPDATED = ResourceChange(
    address=address("environment.sklearn"),
    kind="environment",
    type="",
    action=Action.UPDATE,
    before=from_plain(
        {
            "name": "sklearn",
            "python": "3.11",
            "requirements": ["numpy", "pandas", "scikit-learn==1.5.0", "scipy", "tqdm"],
            "env": {"A": "1", "B": "2"},
            "script": "one\ntwo\nthree\n",
            "options": '{"a":1,"b":[1,2,3]}',
            "gone": {"deep": [1, {"x": None}]},
        }
    ),
    after=object_of(
        {
            "name": string("sklearn"),
            "python": string("3.11"),
            "requirements": from_plain(
                ["numpy", "pandas", "scikit-learn==1.5.1", "scipy", "tqdm", "rich"]
            ),
            "env": from_plain({"A": "1", "B": "3", "with blank": "x"}),
            "script": string("one\n2\nthree\n"),
            "options": string('{"a":2,"b":[1,3]}'),
            "tags": set_of([string("x")]),
            "lock": unknown(),
        }
    ),
)
REPLACED = ResourceChange(
    address=address("compute.vm"),
    kind="compute",
    type="aws_ec2",
    action=Action.REPLACE,
    before=from_plain({"id": "i-1", "size": "small", "disks": ["a", "b"]}),
    after=object_of(
        {"id": unknown(), "size": string("large"), "disks": from_plain(["a", "b", "c"])}
    ),
    reason=ActionReason.REPLACE_BECAUSE_CANNOT_UPDATE,
    replace_paths=("size", "disks[2]"),
)
DELETED = ResourceChange(
    address=address('datastore.archive["old"]'),
    kind="datastore",
    type="s3",
    action=Action.DELETE,
    before=object_of({"bucket": string("b"), "key": secret(), "opts": from_plain({"x": [1]})}),
    reason=ActionReason.DELETE_BECAUSE_EACH_KEY,
)
RUNNING = StepChange(
    address=address('pipeline.fit.step.train["small"]'),
    action=Action.RUN,
    key=key(epochs=20),
    reasons=(
        CodeChanged(
            tree_digest("a"),
            tree_digest("b"),
            changed=tuple(f"src/f{i}.py" for i in range(10)),
        ),
        InputChanged("epochs", LiteralInput("integer", 10), LiteralInput("integer", 20)),
        EnvVariableChanged("TOKEN", SEALED_TEXT, f"hmac-sha256:{'cd' * 32}"),
        CommandChanged(
            "python train.py --epochs 10 --data inputs/data --model outputs/model",
            "python train.py --epochs 20 --data inputs/data --model outputs/model\necho done",
        ),
    ),
    estimated_s=12.0,
    compute="compute.gpu",
)
WAITING = StepChange(
    address=address("pipeline.fit.step.score"),
    action=Action.RUN,
    key=StepKey(
        code=None,
        command="score",
        inputs={"models": Pending((RUNNING.address,))},
        software=Pending(),
        env={},
        outputs={},
        platform="linux/x86_64",
    ),
    reasons=(UpstreamPending(RUNNING.address, ("inputs.models", "command")),),
    compute="compute.local",
    needs=(RUNNING.address,),
)
REUSED = StepChange(
    address=address("pipeline.fit.step.prep"),
    action=Action.REUSE,
    key=key(),
    fingerprint=file_digest("f"),
    reused_from="r3",
    non_reproducible=("r3", "r5"),
)
CURRENT = StepChange(
    address=address("pipeline.fit.step.load"),
    action=Action.NO_OP,
    key=key(),
    fingerprint=file_digest("e"),
    reused_from="r2",
)
FORGOTTEN = StepChange(address=address("pipeline.fit.step.old"), action=Action.FORGET)

OUTPUTS = (
    OutputChange("endpoint", Action.CREATE, None, unknown()),
    OutputChange("token", Action.UPDATE, secret("old"), secret(), sensitive=True),
    OutputChange(
        "report", Action.UPDATE, from_plain({"acc": 0.5, "n": 1}), from_plain({"acc": 0.75, "n": 1})
    ),
    OutputChange("gone", Action.DELETE, string("bye"), None),
    OutputChange("same", Action.NO_OP, string("s"), string("s")),
)
DRIFT = (
    Drift(
        address("compute.vm"),
        "compute",
        "aws_ec2",
        from_plain({"id": "i-1", "size": "small"}),
        from_plain({"id": "i-1", "size": "tiny"}),
    ),
    Drift(address("datastore.x"), "datastore", "local", from_plain({"path": "/x"}), None),
)
FULL_PLAN = Plan(
    resources=(CREATED, UPDATED, REPLACED, DELETED),
    steps=(CURRENT, REUSED, RUNNING, WAITING, FORGOTTEN),
    outputs=OUTPUTS,
    drift=DRIFT,
    republish=(address("pipeline.fit.outputs.model"),),
    deferred=(address("pipeline.fit.step.tune"),),
    warnings=("Only what --target names is planned.",),
    lineage="lin",
    serial=7,
    variables={"rate": from_plain(0.1), "token": secret()},
)
