"""Scores a model on the test images and draws its confusion matrix."""

import argparse
import json
from pathlib import Path

import joblib
import matplotlib as mpl
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, f1_score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--confusion", type=Path, required=True)
    args = parser.parse_args()

    test = np.load(args.test)
    guesses = joblib.load(args.model).predict(test["images"])
    metrics = {
        "accuracy": round(accuracy_score(test["digits"], guesses), 4),
        "f1": round(f1_score(test["digits"], guesses, average="macro"), 4),
    }
    args.metrics.write_text(json.dumps(metrics) + "\n", encoding="utf-8")
    draw(test["digits"], guesses, args.confusion)
    print(f"accuracy {metrics['accuracy']}")


def draw(digits: np.ndarray, guesses: np.ndarray, path: Path) -> None:
    mpl.use("agg")
    display = ConfusionMatrixDisplay.from_predictions(digits, guesses, cmap="Blues", colorbar=False)
    # Without a program name in it, the picture's bytes depend on its content alone.
    with path.open("wb") as file:
        display.figure_.savefig(file, format="png", dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main()
