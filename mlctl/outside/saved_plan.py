"""Saved plans: what was shown, and what it rested on, so that applying it does just that.

A plan is a pure function, so a saved one is applied by making it again from what it was made
from and holding the two against each other. Whatever moved meanwhile is named, and the plan is
refused. No secret is in the file: sensitive variables are given anew and compared by their seals.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostics
from mlctl.core.digest import Digest, Json, canonical, of_bytes
from mlctl.core.errors import MlctlError
from mlctl.core.plan import Action, Plan
from mlctl.graph.draw import Drawing, drawing
from mlctl.outside import plan_variables
from mlctl.outside.plan_options import addresses, options_json, options_of
from mlctl.outside.session import Invocation, Session, load_configuration
from mlctl.plan.world import Options
from mlctl.state.codec import encode
from mlctl.state.files import replace_file
from mlctl.state.version import mlctl_version
from mlctl.views.plan_json import plan_document
from mlctl.views.plan_text import render
from mlctl.views.style import Style

FORMAT_VERSION = 1
_MANIFEST, _DOCUMENT, _TEXT = "manifest.json", "plan.json", "plan.txt"
_STATE, _GRAPH = "state.json", "graph.json"


@dataclass
class NotAPlan(MlctlError):
    """A file is not a saved plan, or was written by a later mlctl."""

    path: Path
    why: str

    hint = "Make one with: mlctl plan --out FILE"

    def __str__(self) -> str:
        return f"the file {self.path} is not a saved plan: {self.why}"


@dataclass
class StalePlan(MlctlError):
    """Something a saved plan rests on is not what it was."""

    moved: tuple[str, ...]

    exit_code = 5
    hint = "Make a new plan, and look at it before you apply it."

    def __str__(self) -> str:
        return "the saved plan is stale: " + "; ".join(self.moved)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a plan file holds.

    Attributes:
        text: The plan as it was shown, without colour.
        document: The same for machines, as ``show --json`` prints it.
        manifest: What it rested on.
    """

    text: str
    document: Mapping[str, Json]
    manifest: Mapping[str, Json]


def save(session: Session, plan: Plan, options: Options, path: Path) -> None:
    """Write a plan file, whole or not at all, readable by its owner alone.

    Raises:
        OSError: It cannot be written.
    """
    state = session.backend.read()
    loaded = session.loaded
    manifest: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "mlctl_version": mlctl_version(),
        "lineage": plan.lineage,
        "serial": plan.serial,
        "options": options_json(options),
        **plan_variables.kept(session),
        "rests_on": dict(rests_on(session)),
        "decisions": _decisions(plan),
    }
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, canonical(manifest))
        archive.writestr(_TEXT, render(plan, Style()))
        archive.writestr(_DOCUMENT, json.dumps(plan_document(plan, state)))
        archive.writestr(_STATE, encode(state, mlctl_version()))
        archive.writestr(_GRAPH, json.dumps(_drawing_json(drawing(loaded.graph))))
        for name, text in loaded.configuration.files.items():
            archive.writestr(f"configuration/{name}", text)
    replace_file(path, content.getvalue())


def read(path: Path) -> Saved:
    """Read a plan file.

    Raises:
        NotAPlan: It is something else.
        OSError: It cannot be read.
    """
    with _members(path) as archive:
        manifest = json.loads(archive.read(_MANIFEST))
        saved = Saved(archive.read(_TEXT).decode(), json.loads(archive.read(_DOCUMENT)), manifest)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise NotAPlan(path, "it was written by another version of mlctl")
    return saved


def read_drawing(path: Path) -> Drawing:
    """What needs what in the configuration that a plan was made from.

    Raises:
        NotAPlan: The file is something else.
        OSError: It cannot be read.
    """
    with _members(path) as archive:
        raw = _object(json.loads(archive.read(_GRAPH)))
        frames = _object(raw["frames"])
        return Drawing(
            addresses(raw["nodes"]),
            tuple(zip(addresses(raw["from"]), addresses(raw["to"]), strict=True)),
            {Address.parse(name): addresses(steps) for name, steps in frames.items()},
        )


@contextmanager
def _members(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise NotAPlan(path, "it is damaged, or some other kind of file") from error


def reopen(saved: Saved, invocation: Invocation) -> tuple[Session, Options]:
    """The session and the options a saved plan was made with.

    Variables come from the plan; sensitive ones are not in it and must be given again.

    Raises:
        StalePlan: A sensitive variable is missing or another.
        GivenAgain: Another variable is given.
    """
    invoked = plan_variables.again(saved.manifest, invocation)
    session = Session(invoked, load_configuration(invoked))
    moved = tuple(plan_variables.moved(saved.manifest, session))
    if moved:
        session.close()
        raise StalePlan(moved)
    return session, options_of(_object(saved.manifest["options"]))


def hold_against(saved: Saved, session: Session, plan: Plan, found: Diagnostics) -> None:
    """Refuse when the plan made again is not the one that was saved.

    Raises:
        StalePlan: It says what moved.
    """
    manifest = saved.manifest
    moved = list(_state_moved(manifest, plan))
    then = _object(manifest["rests_on"])
    # Files given beside the plan hold nothing but secrets, which were compared before.
    beside = {
        _variable_file(Path(one.text), session.invocation.root)
        for one in session.invocation.given
        if not one.name
    } - then.keys()
    now_on = {name: digest for name, digest in rests_on(session) if name not in beside}
    moved += [
        f"{name} {_change(then.get(name), now_on.get(name))}"
        for name in sorted(then.keys() | now_on.keys())
        if then.get(name) != now_on.get(name)
    ]
    if not moved:
        moved = [f"the configuration does not fit any more: {d.summary}" for d in found]
    if not moved:
        moved = list(_other_decisions(_object(manifest["decisions"]), _decisions(plan)))
    if moved:
        raise StalePlan(tuple(moved))


def rests_on(session: Session) -> Iterator[tuple[str, str]]:
    """Everything outside of the state that a plan was made from: its name and its digest."""
    root, loaded = session.invocation.root, session.loaded
    yield "mlctl", mlctl_version()
    for name, text in loaded.configuration.files.items():
        yield f"the file {name}", of_bytes(text.encode("utf-8", "surrogatepass"))
    for path in sorted(loaded.variable_files):
        yield _variable_file(path, root), _file_digest(path)
    for place, digest in session.sources.looked_at():
        yield f"the content of {_shown(place, root)}", digest
    for name, digest in session.files.read.items():
        yield f"the file {name}, read by a function,", digest
    for lock in sorted(root.glob("pylock.*.toml")):
        yield f"the lock file {lock.name}", _file_digest(lock)


def _variable_file(path: Path, root: Path) -> str:
    return f"the variable file {_shown(path, root)}"


def _state_moved(manifest: Mapping[str, Json], plan: Plan) -> Iterator[str]:
    lineage, serial = manifest["lineage"], manifest["serial"]
    if (lineage, serial) == (plan.lineage, plan.serial):
        return
    if not lineage:
        yield f"the plan was made from no state, and there is one now, at serial {plan.serial}"
    elif not plan.lineage:
        yield f"the plan was made from the state at serial {serial}, and there is none any more"
    elif lineage != plan.lineage:
        yield f"the state is another one: its lineage is {plan.lineage}, and was {lineage}"
    else:
        yield f"the state is at serial {plan.serial}, and the plan was made from serial {serial}"


def _file_digest(path: Path) -> Digest:
    return of_bytes(path.read_bytes())


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _change(then: Json, now: Json) -> str:
    if then is None:
        return "is new"
    return "is gone" if now is None else "changed"


def _decisions(plan: Plan) -> dict[str, Json]:
    rows = [(str(c.address), c.action) for c in plan.resources]
    steps = [(str(c.address), c.action, c.fingerprint) for c in plan.steps]
    made: dict[str, Json] = {address: [action.value] for address, action in rows}
    made |= {address: [action.value, of] for address, action, of in steps}
    return made


def _other_decisions(then: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[str]:
    # A result that somebody else made meanwhile is taken instead of running the step again: the
    # outcome is the one that was shown.
    reused = {Action.REUSE.value, Action.NO_OP.value}
    for address in sorted(then.keys() | now.keys()):
        before, after = then.get(address), now.get(address)
        if before == after:
            continue
        was, is_now = _action(before), _action(after)
        if was == is_now:
            yield f"{address} would {was} with something else than what was shown"
        elif not (was == Action.RUN.value and is_now in reused):
            yield f"{address} was to {was}, and would now {is_now}"


def _action(row: Json) -> str:
    return str(row[0]) if isinstance(row, list) and row else "be left alone"


def _drawing_json(drawn: Drawing) -> dict[str, Json]:
    return {
        "nodes": [str(node) for node in drawn.nodes],
        "from": [str(need) for need, _ in drawn.edges],
        "to": [str(node) for _, node in drawn.edges],
        "frames": {str(p): [str(step) for step in steps] for p, steps in drawn.frames.items()},
    }


def _object(raw: Json) -> Mapping[str, Json]:
    assert isinstance(raw, Mapping)
    return raw
