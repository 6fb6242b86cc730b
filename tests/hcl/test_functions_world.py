"""Functions that ask the world: time, identifiers, files, templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mlctl.core.types import STRING
from mlctl.core.value import (
    NOT_NULL,
    Value,
    from_plain,
    set_of,
    string,
    unknown,
)
from mlctl.hcl.functions import FunctionError, World, table
from mlctl.hcl.functions.globs import GlobError, compile_glob, split_static
from mlctl.hcl.functions.go_regexp import PatternError, compile_pattern
from mlctl.hcl.render import render_template
from tests.hcl.fake_files import FakeFiles

NOON = datetime(2024, 2, 29, 13, 0, tzinfo=timezone(timedelta(hours=1)))
LATER = unknown(STRING, NOT_NULL)


def call(world: World, name: str, *args: object) -> Value:
    return table(world)[name].call([a if isinstance(a, Value) else from_plain(a) for a in args])


def test_the_time_and_new_identifiers_are_known_after_apply() -> None:
    planning = World(plan_time=NOON)

    assert call(planning, "timestamp") == LATER
    assert call(planning, "uuid") == LATER
    assert call(planning, "plantimestamp") == string("2024-02-29T12:00:00Z")


def test_at_apply_the_time_and_identifiers_come_from_outside() -> None:
    applying = World(now=lambda: NOON.astimezone(UTC), new_uuid=lambda: "an-id")

    assert call(applying, "timestamp") == string("2024-02-29T12:00:00Z")
    assert call(applying, "uuid") == string("an-id")
    assert call(applying, "plantimestamp") == LATER


def test_only_files_that_are_read_are_remembered() -> None:
    files = FakeFiles({"a.txt": b"x", "b.txt": b"y"})
    world = World(files=files)

    call(world, "fileset", ".", "*.txt")
    call(world, "fileexists", "b.txt")
    call(world, "filesha256", "a.txt")

    assert files.read == ["a.txt"]


def test_files_are_found_by_pattern() -> None:
    names = ["m/a.py", "m/sub/b.py", "m/sub/c.txt", "m/.d.py"]
    world = World(files=FakeFiles(dict.fromkeys(names, b"")))

    assert call(world, "fileset", "m", "**/*.py") == set_of(
        map(string, [".d.py", "a.py", "sub/b.py"])
    )
    assert call(world, "fileset", "m", "sub/{b,c}.*") == set_of(
        map(string, ["sub/b.py", "sub/c.txt"])
    )
    assert call(world, "fileset", "m/sub", "../?.py") == set_of([string("../a.py")])


def test_a_home_folder_is_put_in_place_of_its_sign() -> None:
    world = World(files=FakeFiles({}))

    assert call(world, "pathexpand", "~/x") == string("/home/someone/x")
    with pytest.raises(FunctionError, match="user-specific"):
        call(world, "pathexpand", "~other/x")
    assert call(world, "abspath", "a/../b") == string("/module/b")


def test_a_secret_path_is_not_shown() -> None:
    world = World(files=FakeFiles({}))

    with pytest.raises(FunctionError) as caught:
        call(world, "file", string("hunter2").mark("sensitive"))

    assert "hunter2" not in caught.value.detail


def test_templates_do_not_render_templates() -> None:
    files = FakeFiles({"again.tmpl": b'${core::templatefile("again.tmpl", {})}'})
    world = World(files=files, render=render_template)

    with pytest.raises(FunctionError, match="cannot recursively call templatefile"):
        call(world, "templatefile", "again.tmpl", {})


def test_templates_given_as_text_read_no_files() -> None:
    world = World(files=FakeFiles({"a": b"x"}), render=render_template)

    assert call(world, "templatestring", "${upper(n)}!", {"n": "a"}) == string("A!")
    with pytest.raises(FunctionError, match="cannot use filesystem access functions like file"):
        call(world, "templatestring", '${file("a")}', {})


def test_template_variables_must_have_names() -> None:
    world = World(files=FakeFiles({"t": b""}), render=render_template)

    with pytest.raises(FunctionError, match="must be a map"):
        call(world, "templatefile", "t", "x")
    with pytest.raises(FunctionError, match='invalid template variable name "a b"'):
        call(world, "templatefile", "t", {"a b": 1})


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.py", "a.py", True),
        ("*.py", "d/a.py", False),
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("d/**", "d/x/y", True),
        ("[!a]", "b", True),
        ("[!a]", "a", False),
        ("[a-c]x", "bx", True),
        (r"\*", "*", True),
        ("a{b,c}d", "acd", True),
        ("a,b", "a,b", True),
    ],
)
def test_patterns_of_file_names_match(pattern: str, path: str, matches: bool) -> None:
    assert bool(compile_glob(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize("pattern", ["[a", "{a", "a\\"])
def test_broken_patterns_of_file_names_are_refused(pattern: str) -> None:
    with pytest.raises(GlobError):
        compile_glob(pattern)


def test_a_pattern_begins_with_the_folders_it_names() -> None:
    assert split_static("a/b/*/c") == ("a/b", "*/c")
    assert split_static("*.py") == ("", "*.py")


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)", "(?!a)", "(?<=a)b", "(?>a)", "a**", "[b-a]"]
)
def test_patterns_go_refuses_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_flags_hold_to_the_end_of_their_group() -> None:
    pattern = compile_pattern("(?:a(?i)b|c)d")

    assert pattern.find("aBd") is not None
    assert pattern.find("Cd") is not None
    assert pattern.find("ABd") is None
    assert pattern.find("abD") is None
