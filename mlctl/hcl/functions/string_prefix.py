"""How much of a known beginning of a string may be relied on."""

from __future__ import annotations

import unicodedata

from mlctl.hcl.functions.regex_engine import graphemes

_NEVER_COMBINES = set("-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'")


def safe_prefix(prefix: str) -> str:
    """The prefix without a last character that what follows may still combine with.

    A letter may get an accent from the next code point; the punctuation that people put between
    the parts of a name does not. The rule is cty's ``SafeKnownPrefix``.
    """
    clusters = graphemes(unicodedata.normalize("NFC", prefix))
    if clusters and clusters[-1] not in _NEVER_COMBINES:
        clusters.pop()
    return "".join(clusters)
