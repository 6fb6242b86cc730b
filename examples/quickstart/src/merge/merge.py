"""Adds up the word counts in a folder and lists the most frequent words."""

import argparse
import json
from collections import Counter
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="a folder of word counts")
    parser.add_argument("--top", type=int, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--total", type=Path, required=True)
    args = parser.parse_args()

    merged: Counter[str] = Counter()
    for part in sorted(args.counts.iterdir()):
        merged.update(json.loads(part.read_text(encoding="utf-8")))
    ranked = sorted(merged.items(), key=lambda item: (-item[1], item[0]))
    report = "".join(f"{count:6} {word}\n" for word, count in ranked[: args.top])
    args.report.write_text(report, encoding="utf-8")
    args.total.write_text(f"{merged.total()}\n", encoding="utf-8")
    print(report, end="")


if __name__ == "__main__":
    main()
