"""Counts the words of a text: a JSON object from word to number, sorted by word."""

import argparse
import json
import re
from collections import Counter
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--counts", type=Path, required=True)
    args = parser.parse_args()

    words = re.findall(r"[^\W\d_]+", args.text.read_text(encoding="utf-8").lower())
    counts = json.dumps(Counter(words), sort_keys=True, indent=0, ensure_ascii=False)
    args.counts.write_text(counts + "\n", encoding="utf-8")
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
