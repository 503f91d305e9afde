"""Every image is scored once by a model that never saw its patient."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, brier
from prevalens.studies import CrossPredictions, Fold, cross_predict
from prevalens.typing import Rows


def cohort(n_patients: int = 20, classes: int = 2) -> Cohort:
    """Return three images a patient, whose class goes round with the patient's number."""
    names = ["well", "ill", "worse"][:classes]
    whose = np.repeat(np.arange(n_patients), 3)
    return Cohort(
        images=[f"{k}.png" for k in range(len(whose))],
        labels=[names[k % classes] for k in whose],
        patients=[f"p{k}" for k in whose],
        positive=names[-1],
        covariates={"age": whose + 30},
    )


class Memory:
    """A model that gives 1 to patients it was trained on, and a hash of the row to others."""

    def __init__(self, cohort: Cohort, fold: Fold) -> None:
        self.seen = set(cohort.patients[fold.partition.train])
        self.seen |= set(cohort.patients[fold.partition.validation])

    def predict(self, cohort: Cohort, rows: Rows) -> ArrayLike:
        """Return one score per row."""
        return [1.0 if cohort.patients[row] in self.seen else row % 7 / 10 for row in rows]


@pytest.mark.parametrize(("validation", "n_repeats"), [(0.0, 1), (0.2, 2)])
def test_no_image_is_scored_by_a_model_that_saw_its_patient(
    validation: float, n_repeats: int
) -> None:
    """A model that betrays what it saw betrays nothing, in each repeat."""
    study = cohort()
    made = cross_predict(study, Memory, n_splits=4, n_repeats=n_repeats, validation=validation)
    expected = np.arange(len(study)) % 7 / 10

    np.testing.assert_array_equal(made.predictions.scores, expected)
    assert made.scores.shape == (n_repeats, len(study))
    for folds in made.folds:
        assert sorted(set(folds.tolist())) == [0, 1, 2, 3]
        for patient in set(study.patients.tolist()):
            assert len(set(folds[study.patients == patient].tolist())) == 1


def test_the_folds_stand_beside_the_cohorts_columns() -> None:
    """The predictions keep labels, patients and covariates, and tell the fold of each row."""
    study = cohort()
    made = cross_predict(study, Memory, n_splits=4, train_prevalence=0.5)

    assert made.predictions.covariates is not None
    np.testing.assert_array_equal(made.predictions.covariates["fold"], made.folds[0])
    np.testing.assert_array_equal(made.predictions.covariates["age"], study.covariates["age"])
    assert made.predictions.train_prevalence == 0.5
    assert repr(made) == "CrossPredictions(60 images, 4 folds, 1 repeat)"
    assert len(made.partitions) == 4


def test_repeats_cut_the_cohort_anew_and_average() -> None:
    """The mean of what two cuts gave; the first cut is the one without repeats."""

    def build(cohort: Cohort, fold: Fold) -> Any:
        return lambda cohort, rows: np.full(len(rows), fold.number / 10 + fold.repeat / 2)

    study = cohort()
    one, two = (cross_predict(study, build, n_splits=4, n_repeats=n) for n in (1, 2))

    np.testing.assert_array_equal(one.folds[0], two.folds[0])
    assert (two.folds[0] != two.folds[1]).any()
    expected = (two.folds[0] + two.folds[1]) / 20 + 0.25
    np.testing.assert_allclose(two.predictions.scores, expected)


def counted(study: Cohort, folder: Path, limit: int | None = None, **given: Any) -> list[str]:
    """Run a study whose folds draw random scores; return the folds that were trained."""
    trained: list[str] = []

    def build(cohort: Cohort, fold: Fold) -> Any:
        if len(trained) == limit:
            raise KeyboardInterrupt
        trained.append(fold.name)
        return lambda cohort, rows: np.random.default_rng(fold.seed).random(len(rows))

    made = cross_predict(study, build, n_splits=4, folder=folder, **given)
    made.predictions.save(folder / "all.csv")
    return trained


def test_a_study_that_was_stopped_goes_on(tmp_path: Path) -> None:
    """Two folds, a stop, the other two: the same bytes as in one go."""
    study = cohort()
    with pytest.raises(KeyboardInterrupt):
        counted(study, tmp_path / "cut", limit=2)
    names = counted(study, tmp_path / "cut")
    whole = counted(study, tmp_path / "whole")

    assert (names, len(whole)) == (["repeat-0-fold-2", "repeat-0-fold-3"], 4)
    assert (tmp_path / "cut/all.csv").read_bytes() == (tmp_path / "whole/all.csv").read_bytes()
    assert counted(study, tmp_path / "whole") == []


def test_a_folder_of_another_study_is_refused(tmp_path: Path) -> None:
    """Another cohort, other settings, another seed: the folder's scores are not theirs."""
    study = cohort()
    counted(study, tmp_path, settings={"rate": 0.1})
    for other, given, told in (
        (cohort(24), {"settings": {"rate": 0.1}}, "cohort fingerprint differs"),
        (study, {"settings": {"rate": 0.2}}, r"settings differs \(rate was 0.1 and is 0.2\)"),
        (study, {"settings": {"rate": 0.1}, "seed": 1}, "partition differs"),
    ):
        with pytest.raises(InvalidInputError, match=f"another study: its {told}"):
            counted(other, tmp_path, **given)


def test_workers_change_nothing() -> None:
    """Two processes give the scores of one."""
    study = cohort()
    one, two = (cross_predict(study, Memory, n_splits=4, n_jobs=jobs) for jobs in (1, 2))

    np.testing.assert_array_equal(one.scores, two.scores)


class Readable:
    """A model that scores a file by whether it can be seen."""

    def __init__(self, cohort: Cohort, fold: Fold) -> None:
        """Learn nothing."""

    def predict(self, cohort: Cohort, rows: Rows) -> ArrayLike:
        """Return 1 for each file that is there."""
        return [float(cohort.path(row).is_file()) for row in rows]


def test_workers_left_in_another_folder_see_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative cohort, a relative study folder, and processes kept from another folder."""
    study = cohort()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        for image in study.images.tolist():
            Path(image).touch()
        made = cross_predict(study, Readable, n_splits=4, n_jobs=2, folder="study")

        assert made.scores.min() == 1
        assert len(list((tmp_path / name / "study").iterdir())) == 4
        for image in study.images.tolist():
            Path(image).unlink()


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (lambda n: np.zeros(n + 1), r"one score per held-out row, .* got \(16,\) for 15 rows"),
        (lambda n: np.zeros((n, 3)), r"\(n, 2\), got \(15, 3\)"),
        (lambda n: np.full(n, 1.5), r"reach from 1.5 to 1.5. Return probabilities, not logits"),
        (lambda n: np.full(n, np.nan), "in \\[0, 1\\]"),
    ],
)
def test_what_are_no_scores_is_refused(scores: Any, told: str) -> None:
    """Too many, too wide, logits, and nan; the fold is named."""
    with pytest.raises(InvalidInputError, match=told) as raised:
        cross_predict(
            cohort(), lambda cohort, fold: lambda cohort, rows: scores(len(rows)), n_splits=4
        )

    assert "repeat-0-fold-0" in str(raised.value)


def test_what_is_no_model_is_refused() -> None:
    """A dictionary scores nothing."""
    with pytest.raises(InvalidInputError, match=r"`build` must return a model .* got dict"):
        cross_predict(cohort(), lambda cohort, fold: {}, n_splits=4)  # type: ignore[return-value, arg-type]


def test_several_classes_keep_a_column_each() -> None:
    """Rows of three scores come back in the cohort's order of classes."""

    def build(cohort: Cohort, fold: Fold) -> Any:
        return lambda cohort, rows: np.eye(3)[cohort.labels[rows]]

    study = cohort(18, classes=3)
    made = cross_predict(study, build, n_splits=3)

    assert made.predictions.classes == study.classes
    np.testing.assert_array_equal(made.predictions.scores.argmax(axis=1), study.labels)


def pooled_and_within(shift: float) -> tuple[CrossPredictions, float]:
    """Return a study whose folds rank perfectly but on shifted scales, and its pooled AUROC."""

    def build(cohort: Cohort, fold: Fold) -> Any:
        return lambda cohort, rows: 0.2 * cohort.is_positive[rows] + shift * fold.number

    made = cross_predict(cohort(24), build, n_splits=4)
    rows = made.predictions
    return made, float(auroc(rows.labels, rows.scores, patients=rows.patients).value or 0)


def test_an_auroc_within_folds_does_not_compare_the_scales_of_models() -> None:
    """Each fold ranks perfectly, so within folds it is 1; pooled, shifted scales cost ranks."""
    made, pooled = pooled_and_within(0.25)

    assert made.within_folds("auroc").value == 1.0
    assert pooled < 0.9


def test_limits_within_folds_are_the_folds_limits_squared_and_added() -> None:
    """Mean of the values; each arm is the root of the sum of squared arms over their number."""
    made = cross_predict(cohort(24), Memory, n_splits=4)
    estimate = made.within_folds("brier")
    parts = [made.predictions.take(made.folds[0] == fold) for fold in range(4)]
    own = [brier(part.labels, part.scores, patients=part.patients) for part in parts]
    low = np.sqrt(sum((one.value - one.lower) ** 2 for one in own)) / 4  # type: ignore[operator]

    assert estimate.value == pytest.approx(np.mean([one.value for one in own]))  # type: ignore[arg-type]
    assert estimate.lower == pytest.approx(estimate.value - low)  # type: ignore[operator]
    assert estimate.n == 72
    assert estimate.patients == 24
