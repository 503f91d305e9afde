"""Labels to look at, and patients, as tables."""

from pathlib import Path

import numpy as np

from prevalens._tables import read_all_columns
from prevalens.predictions import Predictions
from prevalens.studies.decision_rules import PatientDecisions
from prevalens.studies.study_tables import save_patients, save_suspects


def test_suspects_are_the_labels_that_held_out_scores_contradict(tmp_path: Path) -> None:
    """Two rows whose score is the other class', by hand; the surer one is first."""
    scores = [0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.05, 0.9]
    rows = Predictions(
        labels=[0, 0, 0, 0, 1, 1, 1, 1],
        scores=scores,
        patients=list("abcdefgh"),
        images=[f"{name}.png" for name in "abcdefgh"],
        classes=("well", "sick"),
    )
    save_suspects(rows, tmp_path / "suspects.csv")

    assert read_all_columns(tmp_path / "suspects.csv") == {
        "image": ["g.png", "c.png"],
        "patient": ["g", "c"],
        "label": ["sick", "well"],
        "suggested": ["well", "sick"],
        "score": ["0.05", "0.9"],
    }


def test_suspects_of_three_classes_have_the_score_of_label_and_suggestion(tmp_path: Path) -> None:
    """One row of class a that is surely c, by hand."""
    sure = [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.02, 0.03, 0.95]]
    rows = Predictions(
        labels=[0, 1, 2, 0, 0],
        scores=[*sure, sure[0], sure[2]],
        patients=None,
        images=["1.png", "2.png", "3.png", "4.png", "5.png"],
        classes=("a", "b", "c"),
    )
    save_suspects(rows, tmp_path / "suspects.csv")

    assert read_all_columns(tmp_path / "suspects.csv") == {
        "image": ["5.png"],
        "label": ["a"],
        "suggested": ["c"],
        "score": ["0.02"],
        "score_suggested": ["0.95"],
    }


def test_suspects_of_several_labels_are_of_each_where_it_is_known(tmp_path: Path) -> None:
    """An image stands there once for each label; the surest of all is first, by hand."""
    rows = Predictions(
        labels=[[1, 0], [0, 1], [1, 0], [0, 1], [1, 1], [0, np.nan]],
        scores=[[0.9, 0.1], [0.1, 0.9], [0.9, 0.2], [0.1, 0.9], [0.05, 0.02], [0.1, 0.99]],
        patients=list("abcdef"),
        images=[f"{name}.png" for name in "abcdef"],
        classes=("effusion", "mass"),
    )
    save_suspects(rows, tmp_path / "suspects.csv")

    assert read_all_columns(tmp_path / "suspects.csv") == {
        "image": ["e.png", "e.png"],
        "patient": ["e", "e"],
        "label": ["mass", "effusion"],
        "suggested": ["not mass", "not effusion"],
        "score": ["0.02", "0.05"],
    }


def test_each_patient_is_a_row(tmp_path: Path) -> None:
    """Pooled score, risk and decision, the class by its name."""
    pooled = Predictions(
        labels=[0, 1], scores=[0.25, 0.75], patients=["p", "q"], classes=("well", "sick")
    )
    decided = PatientDecisions(pooled, np.array([0.5, 0.5]), np.array([True, True]), {})
    save_patients(decided, tmp_path / "patients.csv")

    assert read_all_columns(tmp_path / "patients.csv") == {
        "patient": ["p", "q"],
        "label": ["well", "sick"],
        "score": ["0.25", "0.75"],
        "risk": ["0.5", "0.5"],
        "predicted": ["sick", "sick"],
    }
