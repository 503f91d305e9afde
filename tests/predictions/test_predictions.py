"""The record of what the model said, in memory and as CSV."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


def small(**changes: object) -> Predictions:
    """Four images of two patients."""
    columns: dict[str, object] = {
        "labels": [1, 0, 1, 0],
        "scores": [0.9, 0.2, 0.6, 0.4],
        "patients": ["a", "a", "b", "b"],
    }
    return Predictions(**(columns | changes))  # type: ignore[arg-type]


def test_patients_are_never_forgotten() -> None:
    """Leaving `patients` out is an error; None says aloud that images are independent."""
    with pytest.raises(TypeError, match="patients"):
        Predictions(labels=[0, 1], scores=[0.1, 0.9])  # type: ignore[call-arg]
    assert "independent" in repr(small(patients=None))
    assert small(patients=None).n_patients is None


def test_the_record_counts_its_rows() -> None:
    """Rows, classes, patients and prevalence are those of the columns."""
    record = small()

    assert repr(record) == "Predictions(4 images of 2 patients: negative 2, positive 2)"
    assert (len(record), record.n_patients, record.prevalence) == (4, 2, 0.5)
    with pytest.raises(ValueError, match="read-only"):
        record.scores[0] = 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [1, 0, 1]}, "`labels` has 3, `scores` has 4"),
        ({"patients": ["a", "a", "b"]}, "`patients` has 3"),
        ({"covariates": {"site": ["x"]}}, "`site` has 1"),
        ({"classes": ("only",)}, "at least two different"),
        ({"train_prevalence": 1.0}, r"`train_prevalence` must lie in \(0, 1\)"),
        ({"images": ["a.png"] * 4}, "listed more than once"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    """Lengths, classes and prevalences are checked where the record is made."""
    with pytest.raises(InvalidInputError, match=message):
        small(**changes)


def test_taking_rows_keeps_every_column_together() -> None:
    """A mask and positions choose the same rows of every column."""
    record = small(covariates={"site": ["x", "y", "z", "x"]}, images=list("1234"))
    for kept in (
        record.take([3, 2]),
        record.take(np.array([False, False, True, True])).take([1, 0]),
    ):
        assert kept.scores.tolist() == [0.4, 0.6]
        assert kept.covariates["site"].tolist() == ["x", "z"]
        assert kept.images.tolist() == ["4", "3"]


def test_one_class_against_the_rest() -> None:
    """Three classes become two: the named one, with its own column of scores."""
    record = small(
        labels=[0, 1, 2, 1],
        scores=[[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0, 0.25, 0.75], [0.2, 0.6, 0.2]],
        classes=("a", "b", "c"),
    )
    b = record.one_vs_rest("b")

    assert b.classes == ("not b", "b")
    assert b.labels.tolist() == [0, 1, 0, 1]
    assert b.scores.tolist() == [0.3, 0.8, 0.25, 0.6]
    assert small().one_vs_rest("negative").scores.tolist() == pytest.approx([0.1, 0.8, 0.4, 0.6])
    with pytest.raises(InvalidInputError, match="got 'd'"):
        record.one_vs_rest("d")


def test_a_cohort_and_its_scores_join(cohort: Cohort) -> None:
    """Label 1 is the cohort's positive class, and ids, covariates and files come along."""
    rows = np.arange(3, 12)
    record = Predictions.of(cohort, rows, np.full((9, 1), 0.25), train_prevalence=0.5)

    assert record.classes[1] == cohort.positive
    assert record.labels.tolist() == cohort.is_positive[rows].astype(int).tolist()
    assert record.patients.tolist() == cohort.patients[rows].tolist()
    assert record.covariates["site"].tolist() == cohort.covariates["site"][rows].tolist()
    assert record.train_prevalence == 0.5


def test_a_softmax_follows_the_cohorts_order_of_classes() -> None:
    """Where the positive class comes first, its column is the first one."""
    cohort = Cohort(
        images=["1", "2"],
        labels=["all", "hem"],
        patients=["a", "b"],
        positive="all",
        classes=("all", "hem"),
    )
    record = Predictions.of(cohort, [0, 1], [[0.9, 0.1], [0.2, 0.8]])

    assert record.classes == ("hem", "all")
    assert record.labels.tolist() == [1, 0]
    assert record.scores.tolist() == [0.9, 0.2]


def same(one: Predictions, other: Predictions) -> bool:
    """Whether two records hold the same columns and settings."""
    columns = all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("labels", "scores", "patients", "images")
    )
    covariates = {n: c.tolist() for n, c in one.covariates.items()}
    return columns and covariates == {n: c.tolist() for n, c in other.covariates.items()}


def test_a_file_gives_the_record_back(tmp_path: Path) -> None:
    """Every score to the last bit, the class names, the covariates and the provenance."""
    record = small(
        scores=[1 / 3, 0.1 + 0.2, 1e-17, 1.0],
        classes=("hem", "all"),
        covariates={"site": ["x", 'y "q", z', "ü", "x"], "age": [4.5, 3.0, 2.0, 1.0]},
        images=["1.png", "2.png", "3.png", "4.png"],
        provenance="Synthetic; drawn for a test",
        train_prevalence=0.5,
    )
    record.save(tmp_path / "p.csv")
    read = Predictions.load(tmp_path / "p.csv")

    assert same(record, read)
    assert read.classes == ("hem", "all")
    assert (read.provenance, read.train_prevalence) == (record.provenance, 0.5)


def test_several_classes_come_back_too(tmp_path: Path) -> None:
    """A column of scores for each class, named after it, is read in order."""
    record = small(labels=[0, 1, 2, 1], scores=np.eye(3)[[0, 1, 2, 0]], classes=("a", "b", "c"))
    record.save(tmp_path / "p.csv")
    read = Predictions.load(tmp_path / "p.csv")

    assert same(record, read)
    assert read.classes == ("a", "b", "c")


@settings(max_examples=25, deadline=None)
@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_no_score_changes_on_its_way_through_a_file(
    scores: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """CSV holds enough digits for every float64."""
    path = tmp_path_factory.mktemp("round") / "p.csv"
    Predictions(labels=[1] * len(scores), scores=scores, patients=None).save(path)

    assert Predictions.load(path, patient=None).scores.tolist() == scores


def test_a_foreign_table_is_read_by_its_own_names(tmp_path: Path) -> None:
    """Names instead of 0 and 1, a semicolon and a decimal comma, and further columns."""
    path = tmp_path / "clinic.csv"
    path.write_text("id;Diagnose;Wert;Ort\nk1;krank;0,75;A\nk2;gesund;0,5;B\n", encoding="utf-8")
    record = Predictions.load(path, label="Diagnose", score="Wert", patient="id", positive="krank")

    assert record.classes == ("gesund", "krank")
    assert record.labels.tolist() == [1, 0]
    assert record.scores.tolist() == [0.75, 0.5]
    assert record.covariates["Ort"].tolist() == ["A", "B"]


def test_names_without_a_positive_one_are_refused(tmp_path: Path) -> None:
    """Which of two names is the disease is never guessed."""
    (tmp_path / "p.csv").write_text("label,score\nsick,0.9\nwell,0.1\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="'sick', 'well' and `positive` is None"):
        Predictions.load(tmp_path / "p.csv", patient=None)
    with pytest.raises(InvalidInputError, match="Did you mean 'sick'"):
        Predictions.load(tmp_path / "p.csv", patient=None, positive="sik")


def test_a_covariate_may_not_take_the_files_own_names(tmp_path: Path) -> None:
    """A covariate called `score` would be lost on reading; it is refused."""
    with pytest.raises(InvalidInputError, match=r"rename the covariates \['score'\]"):
        small(covariates={"score": [1, 2, 3, 4]}).save(tmp_path / "p.csv")
    assert not list(tmp_path.iterdir())


def test_scores_of_three_classes_join_a_cohort_as_they_are() -> None:
    """With more than two classes the labels are the cohort's own codes."""
    cohort = Cohort(
        images=["1.png", "2.png", "3.png"],
        labels=["b", "c", "a"],
        patients=["x", "y", "z"],
        positive="a",
    )
    scores = [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]
    made = Predictions.of(cohort, rows=[1, 2], scores=scores)
    assert made.classes == cohort.classes
    assert [made.classes[code] for code in made.labels.tolist()] == ["c", "a"]
    assert made.scores.tolist() == scores


def test_what_a_reader_says_of_the_whole_table_comes_along(tmp_path: Path) -> None:
    """A training prevalence that is given stands; one column for two classes is refused."""
    path = tmp_path / "scores.csv"
    path.write_text("label,score\n0,0.2\n1,0.9\n", encoding="utf-8")
    made = Predictions.load(path, label="label", score="score", patient=None, train_prevalence=0.4)
    assert made.train_prevalence == 0.4
    with pytest.raises(InvalidInputError, match="one column name, or one for each class"):
        Predictions.load(path, label="label", score=["score"], patient=None)
