"""Splits a text at its middle line into two files."""

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--first", type=Path, required=True)
    parser.add_argument("--second", type=Path, required=True)
    args = parser.parse_args()

    lines = args.text.read_text(encoding="utf-8").splitlines(keepends=True)
    middle = (len(lines) + 1) // 2
    args.first.write_text("".join(lines[:middle]), encoding="utf-8")
    args.second.write_text("".join(lines[middle:]), encoding="utf-8")
    print(f"{middle} lines in the first half, {len(lines) - middle} in the second")


if __name__ == "__main__":
    main()
