"""Results by fingerprint: found again, first one kept, damage contained."""

from __future__ import annotations

import json
import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.digest import Digest, of_bytes
from mlctl.core.job import Artifact
from mlctl.core.result import OtherRun, OutputRecord, ResultRecord
from mlctl.store.results import KEPT_OTHERS, Results

FINGERPRINT = of_bytes(b"a step's key")


def record(
    run_id: str = "run-1", output: str = "model", fingerprint: Digest = FINGERPRINT
) -> ResultRecord:
    return ResultRecord(
        fingerprint=fingerprint,
        key={"command": ["python", "train.py"], "inputs": {"lr": {"type": "number", "value": 0.1}}},
        run_id=run_id,
        address="pipeline.p.step.train",
        outputs={
            "model": OutputRecord(Artifact(of_bytes(output.encode()), len(output)), "uri_file")
        },
        values={"rmse": 0.25, "note": 'ünïcode "quoted" \ud800', "none": None},
        started_at="2026-01-01T00:00:00.000Z",
        finished_at="2026-01-01T00:00:02.500Z",
        duration_s=2.5,
        compute="compute.local.here",
        host={"cpus": 2, "gpu": None},
    )


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "store")


def path_of(root: Path, fingerprint: Digest) -> Path:
    """Where the store's documentation says that a record is."""
    name = fingerprint.partition(":")[2]
    return root / "results" / name[:2] / f"{name[2:]}.json"


def test_a_result_is_found_as_it_was_put(results: Results, tmp_path: Path) -> None:
    assert results.find(FINGERPRINT) is None

    assert results.put(record()) == record()

    assert results.find(FINGERPRINT) == record()
    assert Results(tmp_path / "store").find(FINGERPRINT) == record()


def test_a_long_record_is_read_whole(results: Results) -> None:
    long = replace(record(), values={"text": "x" * 200_000})

    results.put(long)

    assert results.find(FINGERPRINT) == long


def test_the_first_result_stays(results: Results) -> None:
    results.put(record("run-1"))

    kept = results.put(record("run-2"))

    assert kept == record("run-1")
    assert results.find(FINGERPRINT) == record("run-1")
    assert not kept.non_reproducible


def test_other_outputs_are_remembered_beside_the_first(results: Results) -> None:
    results.put(record("run-1", "model"))

    kept = results.put(record("run-2", "another"))
    results.put(record("run-3", "another"))

    assert kept.non_reproducible
    assert kept.outputs == record("run-1").outputs
    assert results.find(FINGERPRINT) == kept
    assert kept.also == (OtherRun("run-2", {"model": of_bytes(b"another")}),)


def test_a_refresh_takes_the_place_of_what_was_there(results: Results) -> None:
    results.put(record("run-1", "model"))

    same = results.put(record("run-2", "model"), refresh=True)
    other = results.put(record("run-3", "another"), refresh=True)

    assert (same.run_id, same.also) == ("run-2", ())
    assert other.run_id == "run-3"
    assert other.also == (OtherRun("run-2", {"model": of_bytes(b"model")}),)
    assert results.find(FINGERPRINT) == other


def test_a_step_that_gives_something_else_each_time_is_remembered_only_so_long(
    results: Results,
) -> None:
    for number in range(KEPT_OTHERS + 5):
        kept = results.put(record(f"run-{number}", f"model {number}"), refresh=True)

    assert len(kept.also) == KEPT_OTHERS
    assert kept.also[-1].run_id == f"run-{KEPT_OTHERS + 3}"


def test_many_are_found_at_once(results: Results) -> None:
    wanted = [of_bytes(str(number).encode()) for number in range(20)]
    for fingerprint in wanted[:10]:
        results.put(record(fingerprint=fingerprint))

    found = results.find_many(wanted)

    assert found == {fingerprint: record(fingerprint=fingerprint) for fingerprint in wanted[:10]}
    assert {each.fingerprint for each in results} == set(wanted[:10])


def test_a_strange_file_among_the_results_is_no_result(results: Results, tmp_path: Path) -> None:
    results.put(record())
    path_of(tmp_path / "store", FINGERPRINT).with_name("notes.json").write_text("{}")

    assert list(results) == [record()]


def test_a_forgotten_result_is_gone(results: Results) -> None:
    results.put(record())

    results.remove(FINGERPRINT)
    results.remove(FINGERPRINT)

    assert results.find(FINGERPRINT) is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="emptied"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut off"),
        pytest.param(lambda content: content.replace(b"2.5", b"9.5"), id="a digit changed"),
        pytest.param(lambda content: content + b"x", id="something added"),
        pytest.param(lambda content: b"\0" * len(content), id="zeroes"),
        pytest.param(lambda content: content.partition(b"\n")[2], id="without its first line"),
    ],
)
def test_a_damaged_record_costs_itself_alone_and_is_said(
    damage: object, tmp_path: Path, notices: list[str]
) -> None:
    assert callable(damage)
    results = Results(tmp_path / "store", notices.append)
    results.put(record())
    other = record(fingerprint=of_bytes(b"another step"))
    results.put(other)
    victim = path_of(tmp_path / "store", FINGERPRINT)
    victim.write_bytes(damage(victim.read_bytes()))

    assert results.find_many([FINGERPRINT, other.fingerprint]) == {other.fingerprint: other}
    assert len(notices) == 1
    assert str(victim) in notices[0]
    assert results.put(record("run-2")) == record("run-2")
    assert results.find(FINGERPRINT) == record("run-2")


def test_a_record_under_another_name_is_not_believed(
    results: Results, tmp_path: Path, notices: list[str]
) -> None:
    results.put(record())
    other = of_bytes(b"another step")
    target = path_of(tmp_path / "store", other)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(path_of(tmp_path / "store", FINGERPRINT).read_bytes())

    assert Results(tmp_path / "store", notices.append).find(other) is None
    assert len(notices) == 1


def test_a_record_is_json_after_its_first_line(results: Results, tmp_path: Path) -> None:
    results.put(replace(record(), values={"rmse": 0.25}))

    body = path_of(tmp_path / "store", FINGERPRINT).read_text().partition("\n")[2]

    assert json.loads(body)["values"] == {"rmse": 0.25}


def put_many(root: Path, who: int, count: int) -> None:
    results = Results(root)
    for number in range(count):
        results.put(record(f"run-{who}-{number}", f"model {who} {number}"))


def test_writers_at_once_lose_no_others_outputs(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=put_many, args=(tmp_path, who, 4), daemon=True) for who in range(2)
    ]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=put_many, args=(tmp_path, who, 4)) for who in (2, 3)]
    for process in processes:
        process.start()
    for thread in threads:
        thread.start()
    for process in processes:
        process.join()
    for thread in threads:
        thread.join()

    found = Results(tmp_path).find(FINGERPRINT)

    assert found is not None
    runs = {found.run_id, *(run.run_id for run in found.also)}
    assert runs == {f"run-{who}-{number}" for who in range(4) for number in range(4)}
