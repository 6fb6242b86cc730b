"""Measures one text: its word counts, and how many lines, words and distinct words it has."""

import argparse
import json
import re
from collections import Counter
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--stats", type=Path, required=True)
    args = parser.parse_args()

    text = args.text.read_text(encoding="utf-8")
    counts = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    stats = {"lines": len(text.splitlines()), "words": counts.total(), "distinct": len(counts)}
    write_json(args.words, dict(counts))
    write_json(args.stats, stats)
    print(", ".join(f"{number} {name}" for name, number in stats.items()))


def write_json(path: Path, numbers: dict[str, int]) -> None:
    text = json.dumps(numbers, sort_keys=True, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
