"""The folds of a study, for whichever features it is given."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from studies.test_class_probe import cells
from studies.test_planning import planned
from studies.test_probe import study

from prevalens.predictions import PatientPooling
from prevalens.studies.class_probe import ClassProbeRecord
from prevalens.studies.plan_choices import Evaluation, HeadChoice
from prevalens.studies.study_plan import StudyPlan
from prevalens.studies.study_runner import StudyRunner

HEAD = HeadChoice(kinds=["logistic"], penalties=[0.1], inner_folds=2, reason="")


def plan_of(cohort: Any, **given: Any) -> StudyPlan:
    """Plan without files, one penalty."""
    return msgspec.structs.replace(planned(cohort, **given), head=HEAD)


def test_every_image_is_held_out_once(tmp_path: Path) -> None:
    """Scores of all rows, decided by the threshold of their fold, and a record a fold."""
    cohort, features = study()
    runner = StudyRunner(cohort, plan_of(cohort), None, 1)
    held = runner.run(features, tmp_path, HEAD)

    assert held.crossed is not None
    assert len(held.predictions) == len(cohort)
    assert len(held.records) == 5
    bounds = np.array([one.threshold for one in held.binary_records])[held.crossed.folds[0]]
    np.testing.assert_array_equal(held.is_positive, held.predictions.scores >= bounds)
    assert runner.trained_rows().tolist() == list(range(len(cohort)))


def test_a_test_part_is_held_out_by_one_model(tmp_path: Path) -> None:
    """No patient of it is among the rows that the saved model may see."""
    cohort, features = study()
    plan = msgspec.structs.replace(
        plan_of(cohort), evaluation=Evaluation(kind="test part", test=0.3, reason="")
    )
    runner = StudyRunner(cohort, plan, None, 1)
    held = runner.run(features, tmp_path, HEAD)

    assert held.crossed is None
    assert len(held.records) == 1
    assert held.predictions.patients is not None
    assert not set(held.predictions.patients) & set(cohort.patients[runner.trained_rows()])


def test_a_patient_counts_once_in_training(tmp_path: Path) -> None:
    """As the unit patients have a rule of their own; scores differ from those of images."""
    cohort, features = study()
    kept = np.flatnonzero((np.arange(160) // 4 < 20) | (np.arange(160) % 4 == 0))
    uneven = cohort.take(kept)
    values = {name: of[kept] for name, of in features.items()}
    scores = {}
    for unit, more in (("image", {}), ("patient", {"pooling": PatientPooling(how="max")})):
        plan = plan_of(uneven, unit=unit, **more)
        runner = StudyRunner(uneven, plan, None, 1)
        held = runner.run(values, tmp_path / unit, HEAD)
        scores[unit] = held.predictions.scores
        assert all((one.patients is None) == (unit == "image") for one in held.binary_records)
    assert np.abs(scores["image"] - scores["patient"]).max() > 1e-3


def test_folds_of_several_classes_score_each_class(tmp_path: Path) -> None:
    """Cross-fitted and on a test part: all classes' scores, at the shares trained on."""
    cohort, features = cells()
    crossed = StudyRunner(cohort, plan_of(cohort), None, 1)
    plan = msgspec.structs.replace(
        plan_of(cohort), evaluation=Evaluation(kind="test part", test=0.3, reason="")
    )
    part = StudyRunner(cohort, plan, None, 1)
    for runner, folder, n_folds in ((crossed, "crossed", 5), (part, "part", 1)):
        held = runner.run(features, tmp_path / folder, HEAD)
        trained = cohort.labels[runner.trained_rows()]
        expected = np.bincount(trained, minlength=3) / len(trained)

        assert held.predictions.scores.shape == (len(held.predictions), 3)
        assert [type(one) for one in held.records] == [ClassProbeRecord] * n_folds
        assert held.folds.shape == (len(held.predictions),)
        np.testing.assert_allclose(np.asarray(held.predictions.train_prevalence), expected)
