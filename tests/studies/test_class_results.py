"""What a study of several classes found, from its held-out scores."""

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from studies.test_class_probe import cells
from studies.test_study_runner import HEAD, plan_of

from prevalens.cohorts import LeftOut
from prevalens.metrics import auroc
from prevalens.studies.class_results import class_results
from prevalens.studies.plan_choices import Evaluation
from prevalens.studies.study_runner import StudyRunner

BLURRED = LeftOut(reason="blurred", images=3, patients=2)


def test_estimates_are_those_of_the_held_out_scores(tmp_path: Path) -> None:
    """Accuracies by hand; at equal shares scores are divided by the shares trained on."""
    cohort, features = cells()
    cohort = dataclasses.replace(cohort, left_out=(BLURRED,))
    runner = StudyRunner(cohort, plan_of(cohort), None, 1)
    held = runner.run(features, tmp_path, HEAD)
    noise = runner.run({"early": features["early"]}, tmp_path / "noise", HEAD).predictions
    found = class_results(runner, held, {"noise": noise})
    rows = held.predictions

    def balanced(scores: np.ndarray) -> float:
        right = scores.argmax(axis=1) == rows.labels
        return float(np.mean([right[rows.labels == code].mean() for code in range(3)]))

    at_equal = rows.scores / np.array([1 / 2, 1 / 3, 1 / 6])
    ranks = [auroc(rows.labels == code, rows.scores[:, code]).value for code in range(3)]
    assert found.estimates["balanced_accuracy"].value == pytest.approx(balanced(rows.scores))
    assert found.estimates["balanced_accuracy_at_equal_shares"].value == pytest.approx(
        balanced(at_equal)
    )
    assert balanced(at_equal) != balanced(rows.scores)
    assert found.estimates["macro_auroc"].value == pytest.approx(np.mean(ranks))  # type: ignore[arg-type]
    assert found.estimates["macro_auroc_within_folds"].value is not None
    assert found.baselines["noise"].value is not None
    assert found.baselines["noise"].value < 0.7 < found.estimates["macro_auroc"].value  # type: ignore[operator]
    against = found.report["baselines"]["differences"]["noise"]["macro_auroc"]
    assert against["second"]["value"] == found.baselines["noise"].value
    assert against["difference"]["lower"] > 0
    assert found.report.record.title == "3 classes: held-out images"
    assert (found.is_positive, found.patients) == (None, None)
    told = [{"reason": "blurred", "images": 3, "patients": 2}]
    assert found.report["class_study"]["excluded"] == told


def test_a_test_part_tells_what_was_left_out_once(tmp_path: Path) -> None:
    """Before the cohort was divided; of a cohort that left out nothing, nothing is claimed."""
    cohort, features = cells()
    plan = msgspec.structs.replace(
        plan_of(cohort), evaluation=Evaluation(kind="test part", test=0.3, reason="")
    )
    for left_out in ((), (BLURRED,)):
        runner = StudyRunner(dataclasses.replace(cohort, left_out=left_out), plan, None, 1)
        held = runner.run(features, tmp_path / str(len(left_out)), HEAD)
        study = class_results(runner, held, {}).report["class_study"]
        assert study["excluded"] is None
        assert [each["reason"] for each in study["left_out"]] == ["blurred"] * len(left_out)


def test_grades_have_distances_and_weighted_kappas(tmp_path: Path) -> None:
    """As scikit-learn and a count have them; plain classes have none, and the report follows."""
    cohort, features = cells()
    found = {}
    for ordered in (True, False):
        runner = StudyRunner(cohort, plan_of(cohort, ordered=ordered), None, 1)
        held = runner.run(features, tmp_path / str(ordered), HEAD)
        found[ordered] = class_results(runner, held, {})
        assert held.predictions.ordered == ordered
    rows = held.predictions
    told = rows.scores.argmax(axis=1)
    graded, plain = found[True], found[False]

    assert graded.estimates["quadratic_kappa"].value == pytest.approx(
        cohen_kappa_score(rows.labels, told, weights="quadratic")
    )
    assert graded.estimates["grade_distance"].value == pytest.approx(
        np.abs(rows.labels - told).mean()
    )
    assert graded.estimates["ranked_probability_score"].lower is not None
    assert set(graded.estimates) - set(plain.estimates) == {
        *("quadratic_kappa", "grade_distance", "ranked_probability_score")
    }
    assert graded.report.record.title == "3 grades: held-out images"
    assert "Grades, from the lowest: a, b, c" in " ".join(graded.report.page(".txt").split())
    assert "quadratic_kappa" not in plain.report["estimates"]
