"""Thresholds of several classes, labels and grades: one question each, one joint promise."""

import numpy as np
import pytest
from scipy.special import softmax

from prevalens.decisions import choose_threshold, choose_thresholds
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions

GRADES = ("0", "1", "2", "3")


def grades(n: int = 600, seed: int = 0, ordered: bool = True) -> Predictions:  # noqa: FBT002
    """Four grades whose scores lean to the true one; three images a patient."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, n)
    logits = -np.abs(np.arange(4) - labels[:, None]) * 1.5 + rng.normal(0, 0.7, (n, 4))
    return Predictions(
        labels=labels,
        scores=softmax(logits, axis=1),
        patients=[f"p{k // 3}" for k in range(n)],
        classes=GRADES,
        ordered=ordered,
    )


def test_a_grade_is_a_cut_point_of_this_or_more() -> None:
    """The threshold of "refer from grade 2" is that of P(2) + P(3) against grades 0 and 1."""
    seen = grades()
    found = choose_thresholds(seen, {"2": {"sensitivity": 0.9}}, confidence=0.9)
    by_hand = Predictions(
        labels=seen.labels >= 2,
        scores=np.clip(seen.scores[:, 2] + seen.scores[:, 3], 0, 1),
        patients=seen.patients,
    )

    assert (
        found["2"].threshold == choose_threshold(by_hand, sensitivity=0.9, confidence=0.9).threshold
    )
    flags = found.predict(seen)["2"]
    assert flags[seen.labels >= 2].mean() >= 0.9
    assert np.array_equal(flags, by_hand.scores >= found["2"].threshold)
    assert found.guarantee == "One promise is made, with confidence 0.9."
    assert str(found).startswith("2 or more: Threshold")


def test_several_promises_are_each_made_with_more_confidence() -> None:
    """Two promises together at 0.9 are each made at 0.95; a rule without one takes no share."""
    seen = grades(ordered=False)
    asks = {"3": {"sensitivity": 0.8}, "0": {"specificity": 0.8}, "1": {"youden": True}}
    found = choose_thresholds(seen, asks, confidence=0.9)
    alone = choose_threshold(seen.one_vs_rest("3"), sensitivity=0.8, confidence=0.95)

    assert found["3"].promise == ("sensitivity", 0.8, pytest.approx(0.95))
    assert found["3"].threshold == alone.threshold
    assert found["0"].promise == ("specificity", 0.8, pytest.approx(0.95))
    assert found["1"].guarantee is None
    assert found.guarantee == (
        "All 2 promises hold together with confidence 0.9; each is made with 0.95 (Bonferroni)."
    )
    assert found.to_dict()["points"]["1"]["threshold"] == found["1"].threshold


def test_promises_hold_together_as_often_as_they_say() -> None:
    """Of 150 validation sets at joint confidence 0.8, at most a fifth (and 3 s.e.) break one."""
    future = grades(60_000, seed=99, ordered=False)
    broken = 0
    for seed in range(150):
        found = choose_thresholds(
            grades(450, seed=seed, ordered=False),
            {"1": {"sensitivity": 0.8}, "2": {"sensitivity": 0.8}, "3": {"sensitivity": 0.8}},
            confidence=0.8,
        )
        flags = found.predict(future)
        kept = [flags[name][future.labels == int(name)].mean() for name in ("1", "2", "3")]
        broken += min(kept) < 0.8

    assert broken / 150 <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / 150)


def test_labels_leave_out_rows_where_they_are_not_known() -> None:
    """The threshold of a label is that of its known rows; the others are counted, and predicted."""
    rng = np.random.default_rng(4)
    labels = (rng.random((300, 2)) < 0.4).astype(float)
    scores = np.clip(labels * 0.4 + rng.random((300, 2)) * 0.6, 0, 1)
    labels[:7, 0] = np.nan
    seen = Predictions(labels=labels, scores=scores, patients=None, classes=("mass", "node"))
    found = choose_thresholds(seen, {"mass": {"sensitivity": 0.9}, "node": {"cost_ratio": 5}})

    alone = choose_threshold(seen.take(np.arange(7, 300)).one_vs_rest("mass"), sensitivity=0.9)
    assert found["mass"].threshold == alone.threshold
    assert "Not known on 7 rows, which are left out." in str(found)
    assert found.predict(seen)["mass"].shape == (300,)
    assert found.guarantee is None


def test_promises_are_checked_at_a_new_site() -> None:
    """A like site keeps them; one whose scores are turned breaks them; nothing to check is said."""
    found = choose_thresholds(grades(900), {"2": {"sensitivity": 0.9}}, confidence=0.9)
    like = grades(3000, seed=7)

    assert found.check_promises(like)["2"].verdict == "kept"
    worse = like.with_scores(like.scores[:, ::-1])
    assert found.check_promises(worse)["2"].verdict == "broken"
    with pytest.raises(InvalidInputError, match="promise nothing"):
        choose_thresholds(like, {"2": {"youden": True}}).check_promises(like)
    with pytest.raises(
        InvalidInputError, match="of grades, and the predictions have ordered=False"
    ):
        found.predict(grades(ordered=False))


@pytest.mark.parametrize(
    ("asks", "confidence", "message"),
    [
        ({}, None, "at least one class"),
        ({"mel": {"youden": True}}, None, r"of \['0', '1', '2', '3'\], got 'mel'"),
        ({"0": {"youden": True}}, None, "a grade above the lowest"),
        ({"1": {"youden": True}}, 0.9, "none is asked for"),
        ({"1": {"sensitivity": 0.9, "youden": True}}, None, "Ask one thing of '1'"),
        ({"1": {"sensitivty": 0.9}}, None, "'1': 'sensitivty' is no rule"),
        ({"3": {"sensitivity": 0.999}}, 0.9, "'3': A sensitivity of at least 0.999 cannot"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    asks: dict[str, dict[str, object]], confidence: float | None, message: str
) -> None:
    """No class, an unknown one, the lowest grade, confidence of nothing, two rules, too few."""
    with pytest.raises(InvalidInputError, match=message):
        choose_thresholds(grades(), asks, confidence=confidence)


def test_promises_of_grades_are_not_checked_on_classes() -> None:
    """Predictions of the other kind are refused, as `predict` does."""
    found = choose_thresholds(grades(), {"2": {"sensitivity": 0.9}}, confidence=0.9)
    with pytest.raises(InvalidInputError, match=r"of grades, .*ordered=False\. Give predictions"):
        found.check_promises(grades(ordered=False))


def test_thresholds_of_classes_are_taken_of_two_classes_with_one_column() -> None:
    """A score of 0.1 for the second class is 0.9 for the first: each has its own threshold."""
    seen = Predictions(
        labels=[0, 0, 1, 1, 2, 2], scores=np.eye(3)[[0, 0, 1, 1, 2, 2]] * 0.4 + 0.2,
        patients=None, classes=("a", "b", "c"),
    )  # fmt: skip
    found = choose_thresholds(seen, {"a": {"sensitivity": 0.9}, "b": {"sensitivity": 0.9}})
    assert (found["a"].threshold, found["b"].threshold) == pytest.approx((0.6, 0.6))
    two = Predictions(labels=[0, 1, 1], scores=[0.1, 0.5, 0.7], patients=None, classes=("a", "b"))
    flags = found.predict(two)
    assert flags["a"].tolist() == [True, False, False]
    assert flags["b"].tolist() == [False, False, True]
