"""Keeps the model with the highest accuracy; of equals, the first by name."""

import argparse
import json
import shutil
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="a folder, one model an entry")
    parser.add_argument("--accuracies", type=json.loads, required=True)
    parser.add_argument("--best", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()

    ranked = sorted(args.accuracies.items(), key=lambda item: (-item[1], item[0]))
    for name, accuracy in ranked:
        print(f"{accuracy:.4f}  {name}")
    best = ranked[0][0]
    args.best.write_text(best, encoding="utf-8")
    shutil.copyfile(args.models / best, args.model)


if __name__ == "__main__":
    main()
