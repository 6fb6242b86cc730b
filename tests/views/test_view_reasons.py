"""The sentence for every reason a step can have to run."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.reason import CodeChanged, EnvVariableChanged, InputChanged, Reason
from mlctl.core.step import LiteralInput
from mlctl.views.reason_json import reason_json
from mlctl.views.reasons import sentence
from tests.views.view_samples import EVERY_REASON, SEALED_TEXT, tree_digest

texts = st.text(max_size=20)


@pytest.mark.parametrize(("reason", "words"), EVERY_REASON)
def test_a_reason_is_one_line_that_names_what_changed(reason: Reason, words: str) -> None:
    text = sentence(reason)

    assert words in text
    assert "\n" not in text


def test_no_reason_is_forgotten() -> None:
    assert {type(reason) for reason, _ in EVERY_REASON} == set(get_args(Reason))


@pytest.mark.parametrize(("reason", "words"), EVERY_REASON)
def test_a_reason_as_data_has_its_kind_its_sentence_and_its_parts(
    reason: Reason, words: str
) -> None:
    body = json.loads(json.dumps(reason_json(reason)))

    assert body["kind"] == reason.kind
    assert words in body["message"]
    assert "hmac" not in json.dumps(body)


def test_a_sealed_part_of_a_reason_only_says_that_it_is_sensitive() -> None:
    body = reason_json(EnvVariableChanged("TOKEN", SEALED_TEXT, "plain"))

    assert body["before"] == {"sensitive": True}
    assert body["after"] == "plain"


def test_many_changed_files_are_counted_after_the_eighth() -> None:
    files = tuple(f"{i}.py" for i in range(20))
    text = sentence(CodeChanged(tree_digest("a"), tree_digest("b"), changed=files))

    assert text.endswith("6.py, 7.py and 12 more")


@given(texts, texts, texts)
def test_nothing_in_a_reason_can_act_on_a_terminal(name: str, before: str, after: str) -> None:
    reasons: list[Reason] = [
        CodeChanged(tree_digest("a"), tree_digest("b"), changed=(name,)),
        EnvVariableChanged(name, before, after),
        InputChanged(name, LiteralInput("string", before), LiteralInput("string", after)),
    ]
    for reason in reasons:
        text = sentence(reason)
        assert text.strip()
        assert not any(char < " " or char == "\x7f" for char in text)
