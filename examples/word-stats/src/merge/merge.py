"""Joins the word counts in a folder into one table: a row a word, a column a text."""

import argparse
import csv
import json
from collections import Counter
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, required=True, help="a folder of word counts")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--commonest", type=Path, required=True)
    args = parser.parse_args()

    by_text = {
        part.name: Counter(json.loads(part.read_text(encoding="utf-8")))
        for part in sorted(args.words.iterdir())
    }
    total = sum(by_text.values(), Counter())
    ranked = sorted(total, key=lambda word: (-total[word], word))
    with args.table.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["word", "all", *by_text])
        for word in ranked:
            table.writerow([word, total[word], *(counts[word] for counts in by_text.values())])
    args.commonest.write_text(ranked[0] if ranked else "", encoding="utf-8")
    print(f"{len(ranked)} distinct words in {len(by_text)} texts")


if __name__ == "__main__":
    main()
