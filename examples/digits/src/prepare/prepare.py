"""Splits scikit-learn's own images of handwritten digits into three parts."""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

BRIGHTEST = 16.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-fraction", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    args = parser.parse_args()

    images, digits = load_digits(return_X_y=True)
    images = images / BRIGHTEST
    held_back = round(len(digits) * args.test_fraction)
    options = {"test_size": held_back, "random_state": args.seed}
    rest, test, rest_digits, test_digits = train_test_split(
        images, digits, stratify=digits, **options
    )
    train, validation, train_digits, validation_digits = train_test_split(
        rest, rest_digits, stratify=rest_digits, **options
    )
    save(args.train, train, train_digits)
    save(args.validation, validation, validation_digits)
    save(args.test, test, test_digits)


def save(path: Path, images: np.ndarray, digits: np.ndarray) -> None:
    # Into an opened file: given a name, numpy would append ".npz" to it.
    with path.open("wb") as file:
        np.savez(file, images=images, digits=digits)
    print(f"{path.name}: {len(digits)} images")


if __name__ == "__main__":
    main()
