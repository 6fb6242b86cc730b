"""Laws of the store, for any folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlctl.core.job import DataKind
from mlctl.store.local import LocalStore
from mlctl.store.scan import Scanner
from mlctl.store.statcache import StatCache
from mlctl.store.tree import Tree, decode, diff_trees, encode

settings.register_profile(
    "store", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

Leaf = tuple[str, bytes]
"""What a leaf is, ``file program link`` or ``empty``, and its content or text."""

Content = Mapping[bytes, "Leaf | Content"]

names = st.one_of(
    st.sampled_from([b"a", b"b", b"B", b"a.txt", b"caf\xe9", "é".encode(), b" ", b"\n", b"\\"]),
    st.binary(min_size=1, max_size=6).filter(
        lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."}
    ),
)
leaves = st.one_of(
    st.tuples(st.sampled_from(["file", "program"]), st.binary(max_size=40)),
    st.tuples(st.just("link"), st.binary(min_size=1, max_size=9).filter(lambda t: b"\0" not in t)),
)
folders = st.recursive(
    st.dictionaries(names, leaves, max_size=4),
    lambda inner: st.dictionaries(names, st.one_of(leaves, inner), max_size=4),
    max_leaves=12,
)


def build(content: Content, top: Path) -> Path:
    top.mkdir()
    for name, part in content.items():
        path = top / os.fsdecode(name)
        if isinstance(part, Mapping):
            build(part, path)
        elif part[0] == "link":
            path.symlink_to(os.fsdecode(part[1]))
        else:
            path.write_bytes(part[1])
            path.chmod(0o755 if part[0] == "program" else 0o644)
    return top


def flat(content: Content, below: str = "") -> dict[str, Leaf]:
    """Leaves by path, spelt independently of the store's own code."""
    found: dict[str, Leaf] = {}
    for name, part in content.items():
        path = below + os.fsdecode(name)
        if not isinstance(part, Mapping):
            found[path] = part
        elif part:
            found.update(flat(part, path + "/"))
        else:
            found[path + "/"] = ("empty", b"")
    return found


def scan(content: Content, base: Path, name: str) -> Tree:
    return Scanner().tree(build(content, base / name))


@settings(settings.get_profile("store"))
@given(folders, folders)
def test_folders_share_a_digest_exactly_when_they_hold_the_same(
    one: Content, other: Content
) -> None:
    with tempfile.TemporaryDirectory() as base:
        first, again = scan(one, Path(base), "1"), scan(one, Path(base), "2")
        second = scan(other, Path(base), "3")

    assert first == again
    assert (first.digest == second.digest) == (one == other)


@settings(settings.get_profile("store"))
@given(folders, folders)
def test_a_diff_names_exactly_what_differs(one: Content, other: Content) -> None:
    with tempfile.TemporaryDirectory() as base:
        before, after = scan(one, Path(base), "1"), scan(other, Path(base), "2")
    old, new = flat(one), flat(other)

    manifests = {**before.folders, **after.folders}
    found = diff_trees(before.digest, after.digest, manifests.__getitem__)

    assert set(found.added) == new.keys() - old.keys()
    assert set(found.removed) == old.keys() - new.keys()
    assert set(found.changed) == {p for p in old.keys() & new.keys() if old[p] != new[p]}


@settings(settings.get_profile("store"))
@given(folders)
def test_what_goes_in_comes_out_the_same(content: Content) -> None:
    with tempfile.TemporaryDirectory() as text:
        base = Path(text)
        store = LocalStore(base / "store")
        tree = scan(content, base, "source")

        taken = store.ingest(base / "source", DataKind.FOLDER)
        assert store.snapshot(base / "source", DataKind.FOLDER) == taken
        store.materialize(taken.digest, base / "input")
        store.copy_out(taken.digest, base / "mine")

        assert taken.digest == tree.digest
        assert Scanner().tree(base / "input") == tree
        assert Scanner().tree(base / "mine") == tree
        assert store.present([taken.digest]) == set()
        assert store.listing(taken.digest) == tree.listing()
        store.close()


@settings(settings.get_profile("store"))
@given(st.lists(folders, min_size=2, max_size=4))
def test_a_scan_that_remembers_agrees_with_one_that_does_not(states: list[Content]) -> None:
    with tempfile.TemporaryDirectory() as text:
        base = Path(text)
        cache = StatCache(base / "stat.db")
        for number, content in enumerate(states):
            if (base / "data").exists():
                (base / "data").rename(base / f"old{number}")
            build(content, base / "data")
            assert Scanner(cache).tree(base / "data") == Scanner().tree(base / "data")
        cache.close()


@settings(settings.get_profile("store"))
@given(folders)
def test_a_manifest_reads_back_as_it_was_and_has_one_spelling(content: Content) -> None:
    with tempfile.TemporaryDirectory() as base:
        tree = scan(content, Path(base), "1")

    for entries in tree.folders.values():
        assert decode(encode(entries)) == entries
        assert encode(reversed(entries)) == encode(entries)
