"""The record of what the model said, in memory and as CSV."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.cohorts import Cohort
from prevalens.exceptions import DataWarning, InvalidInputError
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


def test_the_positive_name_of_a_saved_table_may_be_said(tmp_path: Path) -> None:
    """It is written beside 0 and 1; another is refused, unless no row is positive."""
    held = {"scores": [0.2, 0.7], "patients": None, "classes": ("well", "sick")}
    Predictions(labels=[0, 1], **held).save(tmp_path / "p.csv")
    asked = {"patient": None, "positive": "sick"}
    assert Predictions.load(tmp_path / "p.csv", **asked).classes == ("well", "sick")
    with pytest.raises(InvalidInputError, match="holds '0', '1', and `positive` is 'well'"):
        Predictions.load(tmp_path / "p.csv", patient=None, positive="well")
    Predictions(labels=[0, 0], **held).save(tmp_path / "p.csv")
    assert Predictions.load(tmp_path / "p.csv", **asked).classes == ("well", "sick")


def test_names_without_a_positive_one_are_refused(tmp_path: Path) -> None:
    """Which of two names is the disease is never guessed."""
    (tmp_path / "p.csv").write_text("label,score\nsick,0.9\nwell,0.1\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="'sick', 'well', and `positive` is not given"):
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


def test_several_classes_grades_and_labels_come_back_from_a_file(tmp_path: Path) -> None:
    """With their shares, their order, and what is not known; of digits as names too."""
    eye = np.eye(3)[[0, 1, 2, 0]] * 0.7 + 0.1
    records = [
        small(
            labels=[0, 1, 2, 1],
            scores=eye,
            classes=classes,
            ordered=ordered,
            train_prevalence=shares,
        )
        for classes, ordered, shares in (
            (("a", "b", "c"), False, None),
            (("1", "2", "3"), True, (0.5, 0.25, 0.25)),
            (("2", "0", "1"), False, {"2": 0.2, "0": 0.3, "1": 0.5}),
        )
    ]
    records.append(
        small(
            labels=[[1, 0], [0, None], [1, 1], [0, 0]],
            scores=[[0.9, 0.1], [0.2, 0.3], [1, 0.5], [0, 0]],
            classes=("mass", "node"),
            train_prevalence=(0.1, 0.4),
        )
    )
    for record in records:
        record.save(tmp_path / "p.csv")
        read = Predictions.load(
            tmp_path / "p.csv", label="label_" if record.is_multilabel else "label"
        )
        np.testing.assert_array_equal(read.labels, record.labels)
        np.testing.assert_array_equal(read.scores, record.scores)
        for name in ("classes", "ordered", "train_prevalence", "is_multilabel"):
            assert getattr(read, name) == getattr(record, name)
        assert not read.covariates


def test_several_labels_are_looked_at_one_by_one() -> None:
    """Rows on which a label is not known leave its view, with their patients."""
    record = small(
        labels=[[1, 0], [0, None], [1, None], [0, None]],
        scores=np.linspace(0, 1, 8).reshape(4, 2),
        classes=("mass", "node"),
    )

    assert record.is_multilabel
    assert not record.is_binary
    assert record.class_counts.tolist() == [2, 0]
    assert repr(record) == "Predictions(4 images of 2 patients: mass 2, node 0)"
    assert record.one_vs_rest("mass").labels.tolist() == [1, 0, 1, 0]
    node = record.one_vs_rest("node")
    assert (len(node), node.n_patients, node.is_binary) == (1, 1, True)
    with pytest.raises(InvalidInputError, match="no one prevalence"):
        _ = record.prevalence
    with pytest.raises(InvalidInputError, match="known of no row"):
        record.take([1, 2]).one_vs_rest("node")
    with pytest.raises(InvalidInputError, match="are no grades"):
        small(labels=[[1, 0]] * 4, scores=[[0, 0]] * 4, classes=("a", "b"), ordered=True)
    with pytest.raises(InvalidInputError, match="a name each in `classes`"):
        small(labels=[[1, 0, 1]] * 4, scores=[[0, 0, 0]] * 4)


def test_grades_are_cut_at_one_of_them() -> None:
    """Only grades, and above the lowest."""
    eye = np.eye(3)[[0, 1, 2, 0]]
    record = small(labels=[0, 1, 2, 1], scores=eye, classes=("0", "1", "2"), ordered=True)

    assert record.at_least("1").labels.tolist() == [0, 1, 1, 1]
    assert record.take([0, 1]).ordered
    with pytest.raises(InvalidInputError, match="a grade above the lowest"):
        record.at_least("0")
    with pytest.raises(InvalidInputError, match="ordered=False"):
        small().at_least("positive")


@pytest.mark.parametrize(
    ("rows", "scores"),
    [(np.array([False, True, True, False], dtype=object), [0.2, 0.6]), ([1.0, 3], [0.2, 0.4])],
)
def test_a_mask_of_objects_is_a_mask(rows: object, scores: list[float]) -> None:
    """As pandas leaves it after a merge; whole floats are positions."""
    assert small().take(rows).scores.tolist() == scores  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [[True, False], [1.7, 2.9], [4], [-1]])
def test_what_is_neither_mask_nor_position_is_refused(rows: list[float]) -> None:
    """Never other rows without a word."""
    with pytest.raises(InvalidInputError, match="`rows`"):
        small().take(rows)


def test_a_score_of_float32_at_a_decimal_threshold_is_at_it() -> None:
    """One table from the same decimals, in whatever precision the model answers."""
    grid = np.arange(1, 10) / 10
    narrow = Predictions(labels=[0] * 9, scores=grid.astype(np.float32), patients=None)

    assert narrow.scores.tolist() == grid.tolist()
    assert narrow.with_scores(grid.astype(np.float32)[:, None]).scores.tolist() == grid.tolist()


def test_ids_are_read_as_a_cohort_reads_them() -> None:
    """Blanks, floats and bytes make no other patient; words for missing make none."""
    for ids in ([1.0, 1.0, 2.0, 2.0], ["1", " 1", "2.0", "2"], [b"1", b"1", b"2", b"2"]):
        made = small(patients=ids)
        assert (made.patients.tolist(), made.n_patients) == (["1", "1", "2", "2"], 2)
    with pytest.raises(InvalidInputError, match=r"rows 1 .*'NA' stands for a missing one"):
        small(patients=["a", "NA", "b", "b"])
    with pytest.raises(InvalidInputError, match="different pandas indexes"):
        small(labels=pd.Series([1, 0, 1, 0]), scores=pd.Series([0.5] * 4, index=[3, 2, 1, 0]))


def test_paths_that_leave_the_root_are_refused(tmp_path: Path) -> None:
    """By two dots, absolute, through a link, to a pipe; a missing file is none of these."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.png").touch()
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(tmp_path / "in" / "pipe.png")
    table = {"label": [0, 1], "score": [0.1, 0.9], "patient": ["a", "b"]}
    for name in ("../secret.png", str(tmp_path / "secret.png"), "link.png", "pipe.png"):
        with pytest.raises(InvalidInputError, match=r"lead out of it|regular file"):
            Predictions.load({**table, "image": ["x.png", name]}, root=tmp_path / "in")
    gone = {**table, "image": ["x.png", "../secret.png"]}
    made = Predictions.load(gone, root=tmp_path / "in", allow_outside=True)
    assert made.path(1) == tmp_path / "in" / ".." / "secret.png"
    assert small().path(0) is None


def test_a_cohort_of_independent_images_gives_independent_predictions() -> None:
    """What was said aloud once is not forgotten; what is no cohort is refused."""
    cohort = Cohort(images=["1", "2"], labels=["a", "b"], patients=None, positive="a")  # type: ignore[arg-type]

    assert Predictions.of(cohort, [0, 1], [0.5, 0.25]).patients is None
    with pytest.raises(InvalidInputError, match="must be a Cohort, got str"):
        Predictions.of("cells", [0], [0.5])  # type: ignore[arg-type]


def test_ids_over_two_columns() -> None:
    """Patient 1 of either site is another."""
    table = {"label": [0, 1], "score": [0.1, 0.9], "id": [1, 1], "site": ["n", "s"]}

    assert Predictions.load(table, patient=["site", "id"]).patients.tolist() == ["n/1", "s/1"]
    assert list(Predictions.load(table, patient=["site", "id"]).covariates) == []


def test_a_named_image_is_taken_once() -> None:
    """Row 1 twice is refused where images are named; unnamed rows may be repeated."""
    held = Predictions(labels=[0, 1], scores=[0.2, 0.9], patients=None)
    assert held.take([1, 1, 0]).labels.tolist() == [1, 1, 0]
    named = Predictions(labels=[0, 1], scores=[0.2, 0.9], patients=None, images=["a.png", "b.png"])
    with pytest.raises(InvalidInputError, match=r"`rows` names 1 more than once\. Name each"):
        named.take([1, 1, 0])


def test_patients_and_classes_that_look_alike_are_told_as_of_a_cohort() -> None:
    """P1 and p1 count as two patients, with a warning; sick and Sick are no two classes."""
    with pytest.warns(DataWarning, match=r"\('07', '7'\), \('P1', 'p1'\)"):
        held = Predictions(labels=[0, 1, 0, 1], scores=[0.1] * 4, patients=["P1", "p1", "07", "7"])
    assert held.n_patients == 4
    table = {"label": ["sick", "Sick"], "score": [0.1, 0.2], "patient": ["a", "b"]}
    with pytest.raises(InvalidInputError, match="Classes must differ by more than case"):
        Predictions.load(table, positive="sick")
