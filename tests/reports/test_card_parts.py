"""What a model card shows of reports of several classes and of several labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard
from prevalens.reports.card_parts import check_classifier, rows_of, shares_text, task_of

CLASSES = ("nv", "bkl", "mel")


def diagnoses(**changes: Any) -> Predictions:
    """Sixty images of thirty patients: 30 nv, 20 bkl and 10 mel, of which 9 are found."""
    labels = np.repeat([0, 1, 2], [30, 20, 10])
    scores = np.full((60, 3), 0.2) + 0.4 * np.eye(3)[labels]
    scores[59] = [0.6, 0.2, 0.2]
    given: dict[str, Any] = {
        "labels": labels,
        "scores": scores,
        "patients": [f"p{row // 2}" for row in range(60)],
        "classes": CLASSES,
        "train_prevalence": [0.5, 0.25, 0.25],
    }
    return Predictions(**(given | changes))


def findings(**changes: Any) -> Predictions:
    """Forty images of two labels: ten have the first, twenty the second."""
    truth = np.stack([np.arange(40) % 4 == 0, np.arange(40) % 2 == 0], axis=1).astype(float)
    given: dict[str, Any] = {
        "labels": truth,
        "scores": np.clip(0.3 * truth + np.arange(80).reshape(40, 2) % 7 / 14 + 0.1, 0, 1),
        "patients": [f"p{row // 2}" for row in range(40)],
        "classes": ("mass", "node"),
    }
    return Predictions(**(given | changes))


def test_a_card_of_several_classes_shows_each(tmp_path: Path) -> None:
    """Task, rows, training shares, all classes together and each; estimates are the report's."""
    report = ClinicalReport(diagnoses(), worst=0)
    card = ModelCard(report, name="skin", licence="mit")
    card.save(tmp_path / "card.md")
    text, record = (tmp_path / "card.md").read_text("utf-8"), card.to_dict()
    metrics = record["metadata"]["model-index"][0]["results"][0]["metrics"]

    assert "Task: tell which of several classes one image is of: nv, bkl, mel" in text
    assert "60 images of 30 patients, 30 nv, 20 bkl, 10 mel" in text
    assert "Share of each in the training batches: nv 50.0 %, bkl 25.0 %, mel 25.0 %" in text
    assert "| mel | 10 | 5 | 0.900 " in text
    assert "ROC curve" not in text
    assert record["report"]["estimates"] == report["estimates"]
    assert all("roc" not in one for one in record["report"]["each_class"]["classes"])
    assert {m["type"]: m["value"] for m in metrics}["accuracy"] == pytest.approx(59 / 60)
    json.dumps(record, allow_nan=False)


def test_a_card_of_several_labels_shows_each() -> None:
    """Task and rows; a row a label; thresholds must be the classifier's."""
    report = ClinicalReport(findings(), threshold={"mass": 0.4, "node": 0.5})
    fields = {"classes": ("mass", "node"), "threshold": (0.4, 0.5), "train_prevalence": (0.3, 0.5)}
    text = str(ModelCard(report, name="chest", classifier=fields))

    assert "Task: tell which of several labels one image has: mass, node" in text
    assert "40 images of 20 patients, 10 mass, 20 node" in text
    assert "Share of each in the training batches: mass 30.0 %, node 50.0 %" in text
    assert "| mass | 40 | 10 | 10 |" in text
    with pytest.raises(
        InvalidInputError, match=r"`threshold` is \(0.4, 0.6\), but the report's is \[0.4"
    ):
        check_classifier(report.record, {**fields, "threshold": (0.4, 0.6)})


def test_what_is_not_known_is_said() -> None:
    """Independent images and no training shares; grades are called so."""
    graded = ClinicalReport(
        diagnoses(patients=None, train_prevalence=None, ordered=True), worst=0
    ).record

    assert rows_of(graded).startswith("60 images independent, 30 nv")
    assert shares_text(graded, None) == "Share of each in the training batches: not provided."
    assert task_of(graded).startswith("Task: tell which of several grades, from the lowest, ")
    with pytest.raises(InvalidInputError, match="`classes` is"):
        check_classifier(graded, {"classes": ["nv", "mel", "bkl"], "threshold": None})
