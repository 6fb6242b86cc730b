"""A job runs as it was told: its command, its environment, its exit code."""
# ruff: noqa: D102 - the name of a test is its sentence

from __future__ import annotations

import json
from shlex import quote
from typing import Unpack

import pytest

from mlctl.core.job import DataKind, Exited, JobStatus
from mlctl.core.secret import Secret
from mlctl.kit.contracts.bench import Bench, JobFields, silent
from mlctl.kit.contracts.executor_base import ExecutorTests, folder_of

TEXTS = (
    "",
    " two  words ",
    "it's",
    'say "yes"',
    "$HOME `id` $(id) ${x}",
    "two\nlines\n",
    "back\\slash\\",
    "*?[a]~!#&;|<>(){}",
    "-n",
    "naïve café 機械学習 🚀",
    "\ttab\x7f\x01",
    "a=b=c",
    "%s %d",
)
_SHELLS_OWN = {"PWD", "OLDPWD", "SHLVL", "_"}
_SHOW_ARGUMENTS = "import json, sys; json.dump(sys.argv[1:], open(sys.argv[1], 'w'))"
_SHOW_ENV = "import json, os; json.dump(dict(os.environ), open(os.environ['OUT'], 'w'))"


class RunningContract(ExecutorTests):
    """See the module."""

    @pytest.mark.parametrize("code", [0, 1, 7, 255])
    def test_the_exit_code_is_the_jobs_own(self, bench: Bench, code: int) -> None:
        status, _ = bench.run(bench.job(f"exit {code}"))

        assert exited(status).code == code

    def test_a_job_killed_by_a_signal_ends_with_128_and_the_signal(self, bench: Bench) -> None:
        status, _ = bench.run(bench.job("kill -TERM $$"))

        assert exited(status).code == 143
        assert not exited(status).oom_suspected

    def test_a_kill_that_nobody_of_us_sent_is_perhaps_memory(self, bench: Bench) -> None:
        status, _ = bench.run(bench.job("kill -KILL $$"))

        assert exited(status).code == 137
        assert exited(status).oom_suspected

    def test_a_program_that_is_not_there_ends_with_127(self, bench: Bench) -> None:
        status, log = bench.run(bench.job(argv=("no-such-program",)))

        assert exited(status).code == 127
        assert "no-such-program" in log

    def test_a_script_stops_at_its_first_failure(self, bench: Bench) -> None:
        status, log = bench.run(bench.job("echo one\n(exit 3)\necho two"))

        assert exited(status).code == 3
        assert log == "one\n"

    def test_a_script_stops_at_a_variable_that_is_not_set(self, bench: Bench) -> None:
        status, log = bench.run(bench.job('echo "$nothing_of_this_name"; echo two'))

        assert exited(status).code != 0
        assert "nothing_of_this_name" in log
        assert "two" not in log

    def test_a_script_with_a_syntax_error_fails(self, bench: Bench) -> None:
        status, log = bench.run(bench.job("if true; then echo 'open"))

        assert exited(status).code != 0
        assert log

    def test_a_script_has_no_arguments_and_no_variables_of_ours(self, bench: Bench) -> None:
        _, log = bench.run(bench.job('echo "$#:${d-unset}"'))

        assert log == "0:unset\n"

    @pytest.mark.parametrize("text", TEXTS)
    def test_arguments_arrive_as_they_were_given(self, bench: Bench, text: str) -> None:
        out = bench.executor.layout("a" * 64).output("out")
        argv = ("python", "-c", _SHOW_ARGUMENTS, out, text, "", text)

        assert json.loads(self.written(bench, argv=argv)) == [out, text, "", text]

    @pytest.mark.parametrize("text", TEXTS)
    def test_variables_arrive_as_they_were_given(self, bench: Bench, text: str) -> None:
        out = bench.executor.layout("a" * 64).output("out")
        env: dict[str, str | Secret] = {"OUT": out, "PLAIN": text, "HIDDEN": Secret(text)}

        seen = json.loads(self.written(bench, argv=("python", "-c", _SHOW_ENV), env=env))

        assert (seen["PLAIN"], seen["HIDDEN"]) == (text, text)

    @pytest.mark.parametrize("text", TEXTS)
    def test_scripts_arrive_as_they_were_given(self, bench: Bench, text: str) -> None:
        heredoc = f"cat >\"$OUT\" <<'END OF TEXT'\n{text}\nEND OF TEXT\n"
        out = bench.executor.layout("a" * 64).output("out")

        assert self.written(bench, heredoc, env={"OUT": out}) == f"{text}\n"

    def test_the_environment_is_clean(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLCTL_TEST_LEAK", "of the caller")
        out = bench.executor.layout("a" * 64).output("out")

        seen = json.loads(
            self.written(bench, argv=("python", "-c", _SHOW_ENV), env={"OUT": out, "DECLARED": "1"})
        )

        base = {"PATH", "HOME", "LANG", "TMPDIR"}
        assert base <= set(seen)
        assert set(seen) - base - _SHELLS_OWN - self.target_variables() == {"OUT", "DECLARED"}

    def target_variables(self) -> set[str]:
        """Variables every job has here because of its target, such as a choice of GPUs."""
        return {"CUDA_VISIBLE_DEVICES"}

    def test_home_and_tmpdir_are_the_jobs_own(self, bench: Bench) -> None:
        job = bench.job('echo x >"$HOME/h" && echo x >"$TMPDIR/t" && echo "$HOME:$TMPDIR"')

        status, log = bench.run(job)

        assert exited(status).code == 0
        assert all(path.startswith(folder_of(bench, job.id)) for path in log.strip().split(":"))

    def test_a_declared_variable_wins_over_the_base(self, bench: Bench) -> None:
        _, log = bench.run(bench.job('echo "$LANG"', env={"LANG": "de_DE.UTF-8"}))

        assert log == "de_DE.UTF-8\n"

    def test_python_is_found_by_both_names(self, bench: Bench) -> None:
        status, log = bench.run(bench.job("python -c 'print(1)'; python3 -c 'print(2)'"))

        assert exited(status).code == 0, log
        assert log == "1\n2\n"

    def test_the_job_reads_nothing_from_a_terminal(self, bench: Bench) -> None:
        status, log = bench.run(bench.job("cat; echo done"))

        assert exited(status).code == 0
        assert log == "done\n"

    def test_signals_are_as_a_fresh_login_has_them(self, bench: Bench) -> None:
        show = (
            "import signal as s; print(*(s.getsignal(n) == s.SIG_IGN for n in (1, 2, 3, 13, 15)))"
        )
        # Python itself ignores SIGPIPE (13); the others are whatever it was started with.
        _, log = bench.run(bench.job(argv=("python", "-c", show)))

        assert log == "False False False True False\n"

    def test_files_are_made_with_the_usual_permissions(self, bench: Bench) -> None:
        _, log = bench.run(bench.job("umask"))

        assert log.strip() in {"022", "0022"}

    def test_stdout_and_stderr_are_one_log_in_order(self, bench: Bench) -> None:
        _, log = bench.run(bench.job("echo 1; echo 2 >&2; echo 3; echo 4 >&2"))

        assert log == "1\n2\n3\n4\n"

    def test_the_times_are_the_jobs_own(self, bench: Bench) -> None:
        status, _ = bench.run(bench.job("sleep 0.3"))

        ended = exited(status)
        assert ended.started_at is not None
        assert ended.finished_at is not None
        assert 0.25 <= ended.finished_at - ended.started_at < 10

    def test_a_secret_is_in_no_file_others_can_read_and_on_no_command_line(
        self, bench: Bench
    ) -> None:
        word = "hunter2-and-more"
        job = bench.job('echo "${#TOKEN}"; sleep 30', env={"TOKEN": Secret(word)})
        handle = bench.start(job)
        bench.await_log(handle, str(len(word)))
        folder = folder_of(bench, job.id)

        in_files = self.on_target(f"grep -rl {word} {quote(folder)} || :")
        on_command_lines = self.on_target(
            "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done 2>/dev/null"
            f" | grep {word[:7]}-and-m[o]re || :"
        )
        bench.executor.forget(handle)

        assert in_files == "", "a secret that the step has is on disk no more"
        assert on_command_lines == ""

    def test_a_secret_waits_for_its_step_in_a_private_file(self, bench: Bench) -> None:
        job = bench.job(env={"TOKEN": Secret("hunter2-and-more")})
        bench.executor.stage(job, bench.artifacts, silent)
        folder = folder_of(bench, job.id)

        found = self.on_target(
            f"find {quote(folder)} -type f -perm /077 -exec grep -l hunter2 {{}} +"
        )

        assert found == ""

    def written(self, bench: Bench, script: str | None = None, **fields: Unpack[JobFields]) -> str:
        """What a job writes to its output ``out``; its id is sixty-four times ``a``."""
        fields |= {"id": "a" * 64, "outputs": {"out": DataKind.FILE}}
        job = bench.job(script, **fields)
        status, log = bench.run(job)
        assert exited(status).code == 0, log
        return bench.output(job, "out")


def exited(status: JobStatus) -> Exited:
    """The status of a job that ended by itself."""
    assert isinstance(status, Exited), status
    return status
