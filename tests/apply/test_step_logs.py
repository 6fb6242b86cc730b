"""What steps print: whole lines, harmless, without secrets, however the bytes arrive."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.apply.logs import LONGEST_LINE, TAIL, Masker, StepLogFile
from tests.apply.test_recorder import small_disk
from tests.capabilities import need

SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=8).filter(
    lambda text: len(text.strip()) > 7
)


def printed(path: Path, content: bytes, cuts: list[int], *secrets: str) -> tuple[str, str]:
    """What is shown, and what is in the file, when the content arrives in pieces."""
    shown: list[str] = []
    log = StepLogFile(path, Masker(secrets), shown.append)
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        log.feed(content[start:end])
    log.finish()
    assert log.offset == len(content)
    return "".join(shown), path.read_text("utf-8") if path.exists() else ""


@given(st.binary(max_size=200), st.lists(st.integers(0, 999), max_size=6))
def test_what_is_shown_does_not_depend_on_how_the_bytes_arrive(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("logs")

    whole, _ = printed(folder / "a", content, [])
    pieces, kept = printed(folder / "b", content, cuts)

    assert pieces == whole == kept
    assert not any(ord(c) < 32 and c not in "\n\t" for c in whole)
    assert whole == "" or whole.endswith("\n")


@given(SECRETS, st.binary(max_size=9), st.lists(st.integers(0, 9999), max_size=5))
def test_no_secret_is_shown_in_any_of_its_forms(
    tmp_path_factory: pytest.TempPathFactory, secret: str, before: bytes, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    encoded = base64.b64encode(before + secret.encode()).decode()
    forms = [secret, json.dumps(secret), quote(secret, safe=""), quote_plus(secret), encoded]

    shown, kept = printed(folder / "a", "\n".join(forms).encode(), cuts, secret)

    assert shown == kept
    assert secret not in shown
    assert encoded not in shown
    assert shown.count("(sensitive value)") >= len(forms)


def test_every_line_of_a_secret_of_several_is_masked(tmp_path: Path) -> None:
    shown, _ = printed(
        tmp_path / "a", b"first-line\nsecond-line\nfree\n", [], "first-line\nsecond-line"
    )

    assert shown == "(sensitive value)\n(sensitive value)\nfree\n"


def test_a_line_without_end_is_shown_in_parts_and_still_masked(tmp_path: Path) -> None:
    secret = "canary-secret-0123456789"
    content = b"x" * (LONGEST_LINE - 10) + secret.encode() + b"y" * (2 * LONGEST_LINE)

    shown, _ = printed(tmp_path / "a", content, list(range(0, len(content), 7001)), secret)

    assert secret not in shown
    assert shown.count("(sensitive value)") == 1
    assert shown.count("x") == LONGEST_LINE - 10
    assert shown.count("y") == 2 * LONGEST_LINE


def test_of_a_progress_bar_the_last_state_is_kept(tmp_path: Path) -> None:
    shown, _ = printed(tmp_path / "a", b" 10%\r 50%\r100%\nwindows\r\n", [3, 9])

    assert shown == "100%\nwindows\n"


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = StepLogFile(tmp_path / "a", Masker(()), lambda _: None)
    log.feed(b"".join(b"%d\n" % n for n in range(100)))

    assert log.tail == tuple(str(n) for n in range(100 - TAIL, 100))


def test_a_full_disk_does_not_stop_a_step_but_is_told(tmp_path: Path) -> None:
    need("tmpfs")
    with small_disk(tmp_path / "disk", "64k") as disk:
        shown: list[str] = []
        log = StepLogFile(disk / "a.log", Masker(()), shown.append)
        for _ in range(30):
            log.feed(b"z" * 8000 + b"\n")
        log.finish()

    assert len("".join(shown)) == 30 * 8001
    assert "No space left" in log.trouble
