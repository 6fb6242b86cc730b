"""What laws are tried on: keys of steps, and pipelines with their edits."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from mlctl.core.digest import TREE, Digest, digest
from mlctl.core.step import (
    AbsentInput,
    DataInput,
    Image,
    InputKey,
    Interpreter,
    LiteralInput,
    LockedSoftware,
    MembersInput,
    SoftwareKey,
    StepKey,
)

TEXTS = st.text(max_size=4)
NAMES = st.sampled_from(["a", "b", "c", "a b", ""])
DIGESTS = st.builds(
    lambda text, tree: Digest(digest("t", text).replace("sha256", TREE) if tree else digest("t", text)),
    st.sampled_from(["1", "2", "3"]),
    st.booleans(),
)  # fmt: skip

INPUTS: st.SearchStrategy[InputKey] = st.one_of(
    st.builds(LiteralInput, st.sampled_from(["string", "integer"]), TEXTS),
    st.builds(DataInput, DIGESTS),
    st.builds(MembersInput, st.dictionaries(NAMES, DIGESTS, max_size=2)),
    st.just(AbsentInput()),
)
SOFTWARE: st.SearchStrategy[SoftwareKey] = st.one_of(
    st.builds(Interpreter, TEXTS, TEXTS),
    st.builds(LockedSoftware, DIGESTS, TEXTS, st.dictionaries(NAMES, TEXTS, max_size=2)),
    st.builds(Image, TEXTS),
)
COMMANDS = st.one_of(TEXTS, st.lists(TEXTS, max_size=3).map(tuple))

KEYS = st.builds(
    StepKey,
    code=st.none() | DIGESTS,
    command=COMMANDS,
    inputs=st.dictionaries(NAMES, INPUTS, max_size=3),
    software=SOFTWARE,
    env=st.dictionaries(NAMES, TEXTS, max_size=3),
    outputs=st.dictionaries(NAMES, TEXTS, max_size=2),
    platform=TEXTS,
    instance_count=st.integers(1, 3),
    salt=TEXTS,
)

PARTS = {
    "code": st.none() | DIGESTS,
    "command": COMMANDS,
    "inputs": st.dictionaries(NAMES, INPUTS, max_size=3),
    "software": SOFTWARE,
    "env": st.dictionaries(NAMES, TEXTS, max_size=3),
    "outputs": st.dictionaries(NAMES, TEXTS, max_size=2),
    "platform": TEXTS,
    "instance_count": st.integers(1, 3),
    "salt": TEXTS,
}
"""Other values for each part of a key."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a generated pipeline: what it says, and which earlier ones it takes from."""

    number: int
    word: str
    takes: tuple[int, ...]
    kind: str = "uri_file"
    deterministic: bool = True
    count: int | None = None

    def hcl(self, steps: tuple[Step, ...]) -> str:
        inputs = ", ".join(f"i{n} = {_taken(steps[n])}" for n in self.takes)
        count = "" if self.count is None else f"    count = {self.count}\n"
        flag = "" if self.deterministic else "    deterministic = false\n"
        return (
            f'  step "s{self.number}" {{\n    command = "{self.word} {self.number}"\n{count}{flag}'
            f"    inputs = {{ {inputs} }}\n"
            f'    output "o" {{\n      type = "{self.kind}"\n    }}\n  }}\n'
        )


def _taken(step: Step) -> str:
    if step.count is None:
        return f"steps.s{step.number}.outputs.o"
    return f"[for one in steps.s{step.number} : one.outputs.o]"


@dataclass(frozen=True, slots=True)
class Shape:
    """A generated pipeline."""

    steps: tuple[Step, ...]

    def hcl(self) -> str:
        return 'pipeline "p" {\n' + "".join(s.hcl(self.steps) for s in self.steps) + "}\n"

    def downstream(self, start: set[int]) -> set[int]:
        """Those that take from one of ``start``, by however many steps, and those themselves."""
        reached = set(start)
        for step in self.steps:
            if reached.intersection(step.takes):
                reached.add(step.number)
        return reached


@st.composite
def shapes(draw: st.DrawFn, *, deterministic: bool = True) -> Shape:
    """Pipelines of up to six steps, each taking from some of those before it."""
    size = draw(st.integers(1, 6))
    steps: list[Step] = []
    for number in range(size):
        before = list(range(number))
        takes = draw(st.lists(st.sampled_from(before), max_size=3, unique=True)) if before else []
        steps.append(
            Step(
                number,
                draw(st.sampled_from(["a", "b"])),
                tuple(sorted(takes)),
                draw(st.sampled_from(["uri_file", "uri_folder"])),
                deterministic or draw(st.booleans()),
                draw(st.sampled_from([None, None, 0, 2])),
            )
        )
    return Shape(tuple(steps))


@st.composite
def edits(draw: st.DrawFn, shape: Shape) -> tuple[Shape, set[int]]:
    """The same pipeline with other words in some steps, and which those are."""
    numbers = draw(st.sets(st.sampled_from(range(len(shape.steps)))))
    steps = tuple(replace(s, word="edited") if s.number in numbers else s for s in shape.steps)
    return Shape(steps), numbers
