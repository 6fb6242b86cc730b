"""What a job is given, what it leaves behind, and what it says meanwhile."""
# ruff: noqa: D102 - the name of a test is its sentence

from __future__ import annotations

from shlex import quote

import pytest

from mlctl.core.errors import Rejected
from mlctl.core.job import DataKind, Running
from mlctl.kit.contracts.bench import Bench, eventually, silent
from mlctl.kit.contracts.executor_base import ExecutorTests
from mlctl.kit.contracts.executor_running import exited

_JOB = "b" * 64


class DataContract(ExecutorTests):
    """See the module."""

    def test_a_job_works_in_its_code(self, bench: Bench) -> None:
        code = bench.artifacts.put_files({"main.py": "print('ran')", "pkg/data.txt": "deep"})

        status, log = bench.run(bench.job("python main.py; cat pkg/data.txt", code=code.digest))

        assert exited(status).code == 0
        assert log == "ran\ndeep"

    def test_a_job_without_code_works_in_an_empty_folder(self, bench: Bench) -> None:
        _, log = bench.run(bench.job('ls -A; [ "$PWD" = "$(pwd -P)" ] && pwd', id=_JOB))

        assert log == bench.executor.layout(_JOB).code + "\n"

    def test_a_job_may_write_into_its_code_and_the_store_stays_as_it_was(
        self, bench: Bench
    ) -> None:
        code = bench.artifacts.put_files({"main.sh": "original"})

        status, _ = bench.run(bench.job("echo changed >main.sh; echo new >new", code=code.digest))
        _, second = bench.run(bench.job("cat main.sh; ls", code=code.digest))

        assert exited(status).code == 0
        assert second == "originalmain.sh\n"

    def test_an_input_stands_under_its_name(self, bench: Bench) -> None:
        given = {
            "table": bench.artifacts.put_text("a,b\n"),
            "images": bench.artifacts.put_files({"cat.png": "meow", "more/dog.png": "woof"}),
        }
        inputs = quote(bench.executor.layout(_JOB).inputs)

        _, log = bench.run(
            bench.job(
                f"cd {inputs}; cat table images/cat.png images/more/dog.png", id=_JOB, inputs=given
            )
        )

        assert log == "a,b\nmeowwoof"

    def test_many_artifacts_under_one_name_are_a_folder(self, bench: Bench) -> None:
        shards = {
            "first": bench.artifacts.put_text("1"),
            "of two words": bench.artifacts.put_text("2"),
            "folder": bench.artifacts.put_files({"x": "3"}),
        }
        here = quote(bench.executor.layout(_JOB).input("shards"))

        _, log = bench.run(
            bench.job(
                f"cd {here}; ls; cat first 'of two words' folder/x",
                id=_JOB,
                inputs={"shards": shards},
            )
        )

        assert log == "first\nfolder\nof two words\n123"

    def test_a_job_that_tries_to_change_an_input_does_not_change_the_store(
        self, bench: Bench
    ) -> None:
        table = bench.artifacts.put_text("as it was")
        here = quote(bench.executor.layout(_JOB).input("table"))

        bench.run(
            bench.job(
                f"(echo changed >{here}) || :; rm -f {here}", id=_JOB, inputs={"table": table}
            )
        )

        assert bench.artifacts.text(table) == "as it was"

    def test_outputs_are_taken_into_the_store(self, bench: Bench) -> None:
        outputs = {"model": DataKind.FILE, "plots": DataKind.FOLDER}
        out = quote(bench.executor.layout(_JOB).outputs)
        job = bench.job(
            f"cd {out}; echo weights >model; mkdir plots/deep; echo p >plots/deep/a.svg",
            id=_JOB,
            outputs=outputs,
        )

        status, log = bench.run(job)
        taken = bench.executor.fetch(bench.executor.handle(_JOB), outputs, bench.artifacts)

        assert exited(status).code == 0, log
        assert bench.artifacts.text(taken["model"]) == "weights\n"
        assert bench.artifacts.names(taken["plots"]) == ["deep/a.svg"]
        assert taken["model"].size_bytes == 8

    def test_outputs_are_the_same_however_often_they_are_fetched(self, bench: Bench) -> None:
        outputs = {"model": DataKind.FILE, "plots": DataKind.FOLDER}
        out = quote(bench.executor.layout(_JOB).outputs)
        job = bench.job(f"echo w >{out}/model; echo p >{out}/plots/a", id=_JOB, outputs=outputs)
        handle = bench.start(job)
        bench.finish(handle)

        first = bench.executor.fetch(handle, outputs, bench.artifacts)

        assert set(first) == {"model", "plots"}
        assert bench.executor.fetch(handle, outputs, bench.artifacts) == first

    def test_an_output_that_is_not_there_is_left_out(self, bench: Bench) -> None:
        outputs = {"kept": DataKind.FILE, "missing": DataKind.FILE, "removed": DataKind.FOLDER}
        out = quote(bench.executor.layout(_JOB).outputs)
        job = bench.job(f"cd {out}; echo x >kept; rmdir removed", id=_JOB, outputs=outputs)

        bench.run(job)

        taken = bench.executor.fetch(bench.executor.handle(_JOB), outputs, bench.artifacts)
        assert list(taken) == ["kept"]

    def test_a_folder_output_is_there_to_be_filled(self, bench: Bench) -> None:
        out = quote(bench.executor.layout(_JOB).output("plots"))
        job = bench.job(
            f"ls -A {out}; echo x >{out}/a", id=_JOB, outputs={"plots": DataKind.FOLDER}
        )

        status, log = bench.run(job)

        assert (exited(status).code, log) == (0, "")

    @pytest.mark.parametrize(
        ("kind", "script"),
        [(DataKind.FILE, "mkdir {}"), (DataKind.FOLDER, "rmdir {0}; echo x >{0}")],
    )
    def test_an_output_of_the_wrong_kind_is_refused_by_its_name(
        self, bench: Bench, kind: DataKind, script: str
    ) -> None:
        job = bench.job(
            script.format(quote(bench.executor.layout(_JOB).output("model"))),
            id=_JOB,
            outputs={"model": kind},
        )
        handle = bench.start(job)
        bench.finish(handle)

        with pytest.raises(Rejected, match=r"model.*folder.*file|model.*file.*folder"):
            bench.executor.fetch(handle, job.outputs, bench.artifacts)

    def test_an_input_cannot_leave_its_folder_by_its_name(self, bench: Bench) -> None:
        given = {"shards": {"../outside": bench.artifacts.put_text("x")}}

        with pytest.raises(Rejected, match="outside"):
            bench.executor.stage(bench.job(inputs=given), bench.artifacts, silent)

    def test_the_log_is_read_on_from_any_offset(self, bench: Bench) -> None:
        handle = bench.start(
            bench.job(
                "printf 'naïve 🚀\\n'; i=0; while [ $i -lt 500 ]; do "
                'echo "line $i"; i=$((i+1)); done'
            )
        )
        bench.finish(handle)
        whole = bench.executor.logs(handle, 0)

        assert whole.endswith(b"line 499\n")
        assert all(bench.executor.logs(handle, n) == whole[n:] for n in (1, 7, 100, len(whole) - 1))
        assert bench.executor.logs(handle, len(whole)) == b""
        assert bench.executor.logs(handle, len(whole) + 100) == b""

    def test_a_log_followed_while_it_grows_has_no_gap_and_no_repeat(self, bench: Bench) -> None:
        handle = bench.start(bench.job("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.05; done"))
        seen = b""

        while isinstance(bench.executor.poll([handle], 0.03)[0], Running):
            seen += bench.executor.logs(handle, len(seen))
        seen += bench.executor.logs(handle, len(seen))

        assert seen == b"1\n2\n3\n4\n5\n6\n7\n8\n"

    def test_a_log_of_any_bytes_is_kept_as_it_is(self, bench: Bench) -> None:
        handle = bench.start(bench.job("printf '\\000\\377\\r\\n\\033[0m'"))
        bench.finish(handle)

        assert bench.executor.logs(handle, 0) == b"\x00\xff\r\n\x1b[0m"

    def test_the_log_can_be_read_while_the_job_runs(self, bench: Bench) -> None:
        handle = bench.start(bench.job("echo early; sleep 30"))

        eventually(lambda: bench.log(handle) == "early\n", "the first line")
        assert isinstance(bench.executor.poll([handle])[0], Running)
        bench.executor.forget(handle)
