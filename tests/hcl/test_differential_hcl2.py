"""Another parser of the language, python-hcl2, sees the same blocks and arguments as ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.hcl.ast import Body
from mlctl.hcl.parser import parse_config

EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*/*.hcl"))

Shape = tuple[frozenset[str], tuple[tuple[str, tuple[str, ...], object], ...]]
"""Names of arguments, and blocks with their type, labels and shape, in a fixed order."""


def our_shape(body: Body) -> Shape:
    blocks = [(b.type, tuple(b.labels), our_shape(b.body)) for b in body.blocks]
    return frozenset(body.attributes), tuple(sorted(blocks, key=repr))


def their_shape(found: Mapping[str, object]) -> Shape:
    """Blocks are lists of objects marked ``__is_block__``; labels are quoted keys around them."""
    arguments, blocks = set(), []
    for name, value in found.items():
        if isinstance(value, list) and value and all(_is_block(one) for one in value):
            blocks += [(name, *_unwrapped(one)) for one in value]
        elif not name.startswith("__"):
            arguments.add(name)
    return frozenset(arguments), tuple(sorted(blocks, key=repr))


def _is_block(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return "__is_block__" in value or (len(value) == 1 and all(map(_is_block, value.values())))


def _unwrapped(block: Mapping[str, object]) -> tuple[tuple[str, ...], Shape]:
    labels = []
    while "__is_block__" not in block:
        ((label, inner),) = block.items()
        assert isinstance(inner, Mapping)
        labels.append(label.strip('"'))
        block = inner
    return tuple(labels), their_shape(block)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_both_see_the_same_in_the_examples(path: Path) -> None:
    text = path.read_text()
    body, problems = parse_config(path.name, text)

    assert problems == []
    assert our_shape(body) == their_shape(hcl2.loads(text))


NAMES = st.sampled_from(["a", "b_1", "train", "for_each"])
VALUES = st.sampled_from(
    ["1", '"x ${var.y}"', "[1, 2]", "{ k = 1 }", "a.b[0]", 'f(1, "x")', "[for x in y : x if x]"]
)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> str:
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    lines = [f"{name} = {draw(VALUES)}" for name in names]
    if depth:
        for _ in range(draw(st.integers(0, 2))):
            labels = "".join(f' "{draw(NAMES)}"' for _ in range(draw(st.integers(0, 2))))
            lines.append(f"{draw(NAMES)}x{labels} {{\n{draw(bodies(depth - 1))}}}")
    return "".join(f"{line}\n" for line in lines)


@settings(max_examples=60, deadline=None)
@given(bodies())
def test_both_see_the_same_in_any_configuration(text: str) -> None:
    body, problems = parse_config("main.hcl", text)

    assert problems == []
    assert our_shape(body) == their_shape(hcl2.loads(text))
