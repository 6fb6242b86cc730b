"""Keyed digests of secrets."""

from __future__ import annotations

import stat
from pathlib import Path

from mlctl.outside.seal import StoreSeal


def test_a_secret_has_one_seal_for_everybody_who_shares_the_store(tmp_path: Path) -> None:
    here, there = StoreSeal(tmp_path / "store"), StoreSeal(tmp_path / "store")

    assert here("s3cret") == there("s3cret") == here("s3cret")
    assert here("s3cret") != here("s3cret ")
    assert "s3cret" not in here("s3cret")


def test_another_store_has_other_seals(tmp_path: Path) -> None:
    assert StoreSeal(tmp_path / "a")("x") != StoreSeal(tmp_path / "b")("x")


def test_the_key_is_made_when_it_is_needed_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    seal = StoreSeal(tmp_path / "store")
    assert not (tmp_path / "store").exists()

    seal("x")

    (key,) = (tmp_path / "store").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_any_text_can_be_sealed(tmp_path: Path) -> None:
    assert StoreSeal(tmp_path)("\udcff") != StoreSeal(tmp_path)("")
