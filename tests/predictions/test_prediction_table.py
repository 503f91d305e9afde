"""Which column of a table holds what."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.predictions import Predictions
from prevalens.predictions.prediction_table import (
    read_constants,
    read_labels_and_scores,
    to_columns,
)


def read(table: dict[str, list[Any]], **settings: Any) -> Any:
    """Read labels and scores, by default of columns called so."""
    given = {"label": "label", "score": "score", "positive": None} | settings
    return read_labels_and_scores(table, **given)


SEVEN = {
    "y": ["mel", "nv", "bcc"],
    "score_bcc": [0.2, 0.1, 0.7],
    "score_mel": [0.7, 0.1, 0.1],
    "score_nv": [0.1, 0.8, 0.2],
}


@pytest.mark.parametrize("score", ["score_", "score", ["score_bcc", "score_mel", "score_nv"]])
def test_columns_of_scores_by_prefix_or_by_name(score: Any) -> None:
    """What follows the prefix names the class, in the order of the table."""
    made = read(SEVEN, label="y", score=score)

    assert made.classes == ("bcc", "mel", "nv")
    assert made.labels.tolist() == [1, 2, 0]
    assert made.scores[0].tolist() == [0.2, 0.7, 0.1]
    assert made.used == {"y", "score_bcc", "score_mel", "score_nv"}


def test_named_columns_lose_what_they_have_in_common() -> None:
    """p_mel and p_nv are of mel and nv; columns without a common beginning are classes."""
    table = {"y": ["mel", "nv"], "p_mel": [1, 0], "p_nv": [0, 1], "mel": [1, 0], "nv": [0, 1]}

    assert read(table, label="y", score=["p_mel", "p_nv"]).classes == ("mel", "nv")
    assert read(table, label="y", score=["mel", "nv"]).classes == ("mel", "nv")
    assert read(table, label="y", score="p").classes == ("mel", "nv")


def test_indices_of_classes_are_read_where_they_are_no_names() -> None:
    """0 to k - 1 in the order of the columns; where they could be both, refused."""
    assert read({**SEVEN, "y": [1, 2, 0]}, label="y", score="score_").labels.tolist() == [1, 2, 0]
    graded = {"y": [1, 2, 2], "score_1": [1, 0, 0], "score_2": [0, 1, 0], "score_3": [0, 0, 1]}
    with pytest.raises(InvalidInputError, match=r"could be both\. Write the names into .*`class`"):
        read(graded, label="y", score="score_")
    made = read({**graded, "y": [1, 2, 3]}, label="y", score="score_")
    assert made.labels.tolist() == [0, 1, 2]
    named = {**graded, "label": [0, 1, 1], "class": [1, 2, 2]}
    assert read(named, score="score_").labels.tolist() == [0, 1, 1]


LABELS = {
    "label_mass": [1, 0, None],
    "label_node": [0, "NA", 1],
    "score_node": [0.1, 0.2, 0.9],
    "score_mass": [0.8, "0,3", 0.5],
}


@pytest.mark.parametrize(
    ("label", "score"),
    [
        ("label_", "score_"),
        ("label", "score"),
        (["label_mass", "label_node"], ["score_mass", "score_node"]),
    ],
)
def test_several_labels_by_prefix_or_by_name(label: Any, score: Any) -> None:
    """Labels follow the scores by name, whatever the order of the columns."""
    made = read(LABELS, label=label, score=score)
    order = [made.classes.index(name) for name in ("mass", "node")]

    np.testing.assert_array_equal(made.labels[:, order], [[1, 0], [0, np.nan], [np.nan, 1]])
    np.testing.assert_array_equal(made.scores[:, order], [[0.8, 0.1], [0.3, 0.2], [0.5, 0.9]])


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        (SEVEN, {"label": "y", "score": "scroe"}, "'scroe' for the score"),
        (SEVEN, {"label": "x", "score": "score_"}, "'x' for the label"),
        (SEVEN, {"label": "y", "score": ["score_mel"]}, "one column name, or one for each class"),
        ({**SEVEN, "y": ["mel", "nev", "nv"]}, {"label": "y"}, "'nev' came.*Did you mean 'nv'"),
        (SEVEN, {"label": "y", "positive": "mel"}, r"Take `one_vs_rest\('mel'\)`"),
        ({**LABELS, "score_scar": [0, 0, 0]}, {"label": "label_"}, "Each label needs its score"),
        ({"label": ["a", "b"], "score": [0, 1]}, {}, "two names of which `positive` is one"),
        ({"label": ["a", None], "score": [0, 1]}, {"positive": "a"}, "1 of 2 have none: rows 1"),
        ({"label": [0, 1], "score": [0, "high"]}, {}, "`score` must be numbers, got 'high'"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    table: dict[str, list[Any]], settings: dict[str, Any], message: str
) -> None:
    """Misspelt, single, strange, ambiguous."""
    with pytest.raises(InvalidInputError, match=message):
        read(table, **settings)


def test_what_holds_for_all_rows_must_hold_for_all() -> None:
    """Shares of classes, provenance, order; a column that disagrees is refused."""
    table = {
        "train_prevalence_a": ["0,25"] * 2,
        "train_prevalence_b": [0.75] * 2,
        "provenance": ["x", "x"],
        "ordered": ["TRUE", True],
    }
    assert read_constants(table, ("a", "b")) == {
        "train_prevalence": [0.25, 0.75],
        "provenance": "x",
        "ordered": True,
    }
    assert read_constants({"train_prevalence": [0.5, 0.5]}, ()) == {"train_prevalence": 0.5}
    with pytest.raises(InvalidInputError, match="'train_prevalence' holds for all rows"):
        read_constants({"train_prevalence": [0.5, 0.6]}, ())
    with pytest.raises(InvalidInputError, match="'provenance' holds for all rows"):
        read_constants({"provenance": ["a", None]}, ())


def test_the_files_own_columns_are_not_covariates() -> None:
    """Nor what begins as the columns of classes do."""
    for name in ("class", "score_x", "label_x"):
        made = Predictions(labels=[0, 1], scores=[0, 1], patients=None, covariates={name: [1, 2]})
        with pytest.raises(InvalidInputError, match=f"rename the covariates \\['{name}'\\]"):
            to_columns(made)


def test_a_table_that_was_pasted_twice_is_warned_of() -> None:
    """Its rows come twice in one order; of four rows, or with one cell changed, nothing is said."""
    table = {"label": [0, 1, 0, 1, 0], "score": [0.1, 0.9, 0.2, 0.8, 0.3], "site": [*"aabb", None]}
    twice = {name: cells * 2 for name, cells in table.items()}
    with pytest.warns(DataWarning, match="The 10 rows are 5 rows twice"):
        read(twice)
    assert read(table).labels.tolist() == [0, 1, 0, 1, 0]
    assert len(read({name: cells[:2] * 2 for name, cells in table.items()}).labels) == 4
    assert len(read(twice | {"site": [*"aabb", None, *"aabba"]}).labels) == 10
