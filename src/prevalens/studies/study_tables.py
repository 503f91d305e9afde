"""The tables of a study beside its predictions: labels to look at, and patients."""

from pathlib import Path
from typing import Any

import numpy as np

from prevalens._tables import write_columns
from prevalens.features.label_errors import find_label_errors
from prevalens.predictions.predictions import Predictions
from prevalens.studies.decision_rules import PatientDecisions
from prevalens.typing import Scores


def save_suspects(predictions: Predictions, path: Path) -> None:
    """Write the images whose label held-out scores contradict, the most suspicious first.

    `score` is that of the positive class; of several classes that of the label, beside
    `score_suggested`. Of several labels an image stands there once for each that is contradicted.
    """
    singles = [predictions]
    if predictions.is_multilabel:
        singles = [predictions.one_vs_rest(name) for name in predictions.classes]
    tables = [_suspects(each) for each in singles]
    order = np.argsort(np.concatenate([margins for _, margins in tables]), kind="stable")
    columns = {name: [of for table, _ in tables for of in table[name]] for name in tables[0][0]}
    write_columns(path, {name: [of[row] for row in order] for name, of in columns.items()})


def _suspects(predictions: Predictions) -> tuple[dict[str, list[Any]], Scores]:
    """Return the columns of suspicious rows, and the margin that each is sorted by."""
    found = find_label_errors(predictions.scores, predictions.labels)
    names, columns = np.asarray(predictions.classes), dict[str, list[Any]]()
    for name in ("images", "patients"):
        if (column := getattr(predictions, name)) is not None:
            columns[name.removesuffix("s")] = column[found.rows].tolist()
    columns |= {"label": names[found.labels].tolist(), "suggested": names[found.suggested].tolist()}
    scores = predictions.scores[found.rows]
    if scores.ndim == 1:
        columns["score"] = scores.tolist()
    else:
        each = np.arange(len(scores))
        columns["score"] = scores[each, found.labels].tolist()
        columns["score_suggested"] = scores[each, found.suggested].tolist()
    return columns, found.margins


def save_patients(patients: PatientDecisions, path: Path) -> None:
    """Write a row a patient, where patients are the unit."""
    pooled = patients.pooled
    whose = [] if pooled.patients is None else pooled.patients.tolist()
    columns = {
        "patient": whose,
        "label": np.asarray(pooled.classes)[pooled.labels].tolist(),
        "score": pooled.scores.tolist(),
        "risk": patients.risks.tolist(),
        "predicted": np.asarray(pooled.classes)[patients.is_positive.astype(int)].tolist(),
    }
    write_columns(path, columns)
