"""Fits a classifier of digits and measures it on the validation images."""

import argparse
import json
from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.svm import SVC

KINDS = {"forest": RandomForestClassifier, "svm": SVC}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--parameters", type=json.loads, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    args = parser.parse_args()

    train, validation = np.load(args.train), np.load(args.validation)
    model = KINDS[args.kind](random_state=args.seed, **args.parameters)
    model.fit(train["images"], train["digits"])

    guesses = model.predict(validation["images"])
    metrics = {
        "accuracy": round(accuracy_score(validation["digits"], guesses), 4),
        "f1": round(f1_score(validation["digits"], guesses, average="macro"), 4),
    }
    joblib.dump(model, args.model)
    args.metrics.write_text(json.dumps(metrics) + "\n", encoding="utf-8")
    print(f"{args.kind}: {metrics}")


if __name__ == "__main__":
    main()
