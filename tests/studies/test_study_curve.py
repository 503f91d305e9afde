"""The learning curve of a study: the layer, kind and penalty that the model chose."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from studies.test_class_probe import cells
from studies.test_probe import ASK, study
from studies.test_study_runner import HEAD, plan_of

from prevalens._tables import read_all_columns
from prevalens.features import compute_learning_curve
from prevalens.studies.class_probe import fit_class_probe
from prevalens.studies.plan_choices import CurveChoice, Evaluation
from prevalens.studies.probe import fit_probe
from prevalens.studies.study_curve import save_curve, study_curve
from prevalens.studies.study_runner import StudyRunner

ASKED = CurveChoice(shares=[0.5, 1.0], n_repeats=1, reason="")


@pytest.mark.parametrize("kind", ["cross-fitting", "test part"])
def test_it_is_the_curve_of_the_first_layer_on_training_rows(tmp_path: Path, kind: str) -> None:
    """By the function of the features' room; rows of a test part are never seen."""
    cohort, features = study(n_patients=60)
    evaluation = Evaluation(kind=kind, test=0.3, reason="")  # type: ignore[arg-type]
    plan = msgspec.structs.replace(plan_of(cohort), learning_curve=ASKED, evaluation=evaluation)
    runner = StudyRunner(cohort, plan, None, 1)
    rows = runner.trained_rows()
    chosen = fit_probe(features, cohort, rows, head=HEAD, threshold=ASK, seed=0).record
    spoilt = {name: values.copy() for name, values in features.items()}
    for values in spoilt.values():
        values[np.setdiff1d(np.arange(len(cohort)), rows)] = 1e6
    found, why_not = study_curve(runner, spoilt, chosen)
    expected = compute_learning_curve(
        features[chosen.layers[0]][rows],
        cohort.is_positive[rows],
        cohort.patients[rows],
        shares=[0.5, 1.0],
        n_repeats=1,
        penalties=[1.0, 0.1],
        n_folds=2,
    )

    assert why_not == ""
    assert found == expected
    save_curve(expected, tmp_path / "curve.csv")
    told = read_all_columns(tmp_path / "curve.csv")
    assert list(map(float, told["patients"])) == list(expected.n_patients)  # type: ignore[arg-type]
    assert list(map(float, told["auroc"])) == [one.value for one in expected.estimates]  # type: ignore[arg-type]


def test_none_is_made_where_none_is_asked_for_or_can_be() -> None:
    """A plan without one; and four patients of a class, of whom a share is one, with the reason."""
    cohort, features = study(n_patients=28)
    for asked, told in ((None, ""), (CurveChoice(shares=[0.1, 1.0], reason=""), "no learning cur")):
        plan = msgspec.structs.replace(plan_of(cohort), learning_curve=asked)
        runner = StudyRunner(cohort, plan, None, 1)
        rows = np.arange(len(cohort))
        chosen = fit_probe(features, cohort, rows, head=HEAD, threshold=ASK, seed=0).record
        found, why_not = study_curve(runner, features, chosen)
        assert found is None
        assert why_not.startswith(told)
        assert bool(why_not) == bool(told)


def test_three_classes_have_a_curve_of_their_mean(tmp_path: Path) -> None:
    """Of the classes' own labels; the file names the measure."""
    cohort, features = cells()
    rows = np.arange(len(cohort))
    plan = msgspec.structs.replace(plan_of(cohort), learning_curve=ASKED)
    chosen = fit_class_probe(features, cohort, rows, head=HEAD, seed=0).record
    found, why_not = study_curve(StudyRunner(cohort, plan, None, 1), features, chosen)
    penalty = chosen.penalties[0]
    expected = compute_learning_curve(
        features[chosen.layers[0]],
        cohort.labels,
        cohort.patients,
        shares=[0.5, 1.0],
        n_repeats=1,
        kind=chosen.kind,
        penalties=[10 * penalty, penalty],
        n_folds=2,
    )

    assert (found, why_not) == (expected, "")
    assert expected.measure == "macro_auroc"
    save_curve(expected, tmp_path / "curve.csv")
    told = read_all_columns(tmp_path / "curve.csv")
    assert list(map(float, told["macro_auroc"])) == [one.value for one in expected.estimates]  # type: ignore[arg-type]
