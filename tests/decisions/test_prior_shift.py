"""Prevalence correction is exact on the odds, for scores, thresholds and final layers."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from prevalens.decisions import (
    PriorShift,
    Recalibration,
    correct_predictions,
    correct_prior_shift,
    estimate_prevalence,
    least_cost_classes,
)
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions

shares = st.floats(0.01, 0.99)


def test_half_at_half_is_the_prevalence_itself() -> None:
    """A score of 0.5 after 50/50 training carries no evidence: it becomes the prevalence."""
    corrected = correct_prior_shift([0.5, 0.0, 1.0], train_prevalence=0.5, target_prevalence=0.05)

    assert corrected.tolist() == pytest.approx([0.05, 0.0, 1.0], abs=1e-15)


def test_the_odds_are_multiplied() -> None:
    """0.8 has odds 4; from 0.5 to 0.2 they fall to a quarter, 1, which is 0.5."""
    corrected = correct_prior_shift([0.8], train_prevalence=0.5, target_prevalence=0.2)

    assert corrected.tolist() == pytest.approx([0.5])


def test_bayes_rule_is_recovered() -> None:
    """Posteriors of two normals at 50 % become, exactly, their posteriors at 3 %."""
    x = np.linspace(-4, 6, 101)
    ratio = np.exp(2 * x - 2)  # density of N(2, 1) by that of N(0, 1)
    at = {share: share * ratio / (share * ratio + 1 - share) for share in (0.5, 0.03)}

    assert correct_prior_shift(
        at[0.5], train_prevalence=0.5, target_prevalence=0.03
    ) == pytest.approx(at[0.03], abs=1e-14)


@settings(max_examples=50, deadline=None)
@given(score=st.floats(0, 1), train=shares, target=shares)
def test_there_and_back(score: float, train: float, target: float) -> None:
    """Correcting to another prevalence and back gives the score again; no shift changes none."""
    there = correct_prior_shift([score], train_prevalence=train, target_prevalence=target)
    back = correct_prior_shift(there, train_prevalence=target, target_prevalence=train)

    assert back[0] == pytest.approx(score, abs=1e-9)
    same = correct_prior_shift([score], train_prevalence=train, target_prevalence=train)
    assert same[0] == pytest.approx(score, abs=1e-12)


def test_several_classes_follow_the_same_rule() -> None:
    """Each class is weighted by its target over its training share, then all sum to 1."""
    corrected = correct_prior_shift(
        [[0.5, 0.25, 0.25]], train_prevalence=[0.25, 0.25, 0.5], target_prevalence=[0.5, 0.25, 0.25]
    )

    assert corrected[0].tolist() == pytest.approx([1 / 1.375, 0.25 / 1.375, 0.125 / 1.375])


@settings(max_examples=50, deadline=None)
@given(score=st.floats(0, 1), threshold=st.floats(0.001, 0.999), train=shares, target=shares)
def test_a_mapped_threshold_makes_the_same_call(
    score: float, threshold: float, train: float, target: float
) -> None:
    """Whatever the prevalences, moving scores and threshold together changes no call."""
    shift = PriorShift(train, target)
    if abs(score - threshold) > 1e-9:
        moved = shift.correct([score])[0] >= shift.correct_threshold(threshold)
        assert moved == (score >= threshold)


def test_a_shifted_bias_is_a_corrected_score() -> None:
    """The final layer with the moved bias gives, by itself, the corrected scores."""
    logits = np.array([-2.0, 0.3, 1.7])
    shift = PriorShift(0.5, 0.07)
    moved = 1 / (1 + np.exp(-(logits + shift.shift_bias([0.0])[0])))
    assert moved == pytest.approx(shift.correct(1 / (1 + np.exp(-logits))))

    wide = PriorShift([0.2, 0.3, 0.5], [0.6, 0.3, 0.1])
    inputs = np.array([[0.1, 1.0, -1.0]])
    softmax = np.exp(inputs) / np.exp(inputs).sum()
    biased = np.exp(inputs + wide.shift_bias([0.0, 0.0, 0.0]))
    assert biased / biased.sum() == pytest.approx(wide.correct(softmax))


@pytest.mark.parametrize(
    ("scores", "train", "target", "message"),
    [
        ([1.5], 0.5, 0.1, r"got values from 1\.5 to 1\.5"),
        ([float("nan")], 0.5, 0.1, "must lie in"),
        ([0.5], 0.0, 0.1, r"`train_prevalence` must lie in \(0, 1\)"),
        ([0.5], 0.5, 1.0, r"`target_prevalence` must lie in \(0, 1\)"),
        ([0.5], [0.5, 0.4], [0.5, 0.5], r"must sum to 1, got 0\.9"),
        ([0.5], [0.2, 0.3, 0.5], 0.5, "got 3 and 2 shares"),
        ([0.5], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5], r"must have shape \(n_rows, 3\)"),
        ([[0.5, 0.3, 0.2]], 0.5, 0.1, "Give the share of each class"),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    scores: list[object], train: object, target: object, message: str
) -> None:
    """Scores and shares are checked, with the value and the remedy."""
    with pytest.raises(InvalidInputError, match=message):
        correct_prior_shift(scores, train_prevalence=train, target_prevalence=target)


def test_a_bias_of_another_length_is_refused() -> None:
    """One bias for a sigmoid, one for each class for a softmax."""
    with pytest.raises(InvalidInputError, match=r"got \(3,\)"):
        PriorShift(0.5, 0.1).shift_bias([0, 0, 0])


def test_rows_of_several_classes_are_corrected_one_by_one() -> None:
    """Each row sums to 1, whatever stands in the others."""
    shift = PriorShift([0.5, 0.5], [0.8, 0.2])
    rows = [[0.5, 0.5], [0.2, 0.8]]
    assert shift.correct(rows) == pytest.approx(np.array([[0.8, 0.2], [0.5, 0.5]]))
    assert shift.correct(rows)[:, 1] == pytest.approx(PriorShift(0.5, 0.2).correct([0.5, 0.8]))


def test_the_rarest_training_class_overflows_nothing() -> None:
    """A weight of 10^200 is no infinity: a score of 0.5 becomes all but 1."""
    assert PriorShift(1e-200, 0.5).correct([0.0, 0.5]).tolist() == [0.0, 1.0]


def test_shares_may_be_fractions() -> None:
    """Any real number is a share: one half to one fifth is the odds by four."""
    assert PriorShift(Fraction(1, 2), Fraction(1, 5)).correct([0.8]) == pytest.approx([0.5])  # type: ignore[arg-type]


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_is_a_score(threshold: float) -> None:
    """Outside [0, 1] it is refused by name; both ends stay where they are."""
    shift = PriorShift(0.5, 0.1)
    with pytest.raises(InvalidInputError, match=r"`threshold` must lie in \[0, 1\]"):
        shift.correct_threshold(threshold)
    assert (shift.correct_threshold(0), shift.correct_threshold(1)) == (0, 1)


def seven_classes(n: int = 9000) -> tuple[Predictions, np.ndarray]:
    """Three classes scored at equal shares; returned with Bayes' scores at 0.67, 0.22, 0.11."""
    rng = np.random.default_rng(8)
    at = np.array([0.67, 0.22, 0.11])
    labels = rng.choice(3, n, p=at)
    x = np.array([[0.0, 0.0], [1.2, 1.0], [2.0, 0.0]])[labels] + rng.normal(size=(n, 2))
    means = np.array([[0.0, 0.0], [1.2, 1.0], [2.0, 0.0]])
    density = np.exp(-((x[:, None] - means) ** 2).sum(axis=2) / 2)
    equal = density / density.sum(axis=1, keepdims=True)
    truth = density * at / (density * at).sum(axis=1, keepdims=True)
    seen = Predictions(
        labels=labels,
        scores=equal,
        patients=None,
        classes=("nv", "bcc", "mel"),
        train_prevalence=[1 / 3] * 3,
    )
    return seen, truth


def test_all_classes_are_corrected_together() -> None:
    """Bayes' rule comes back; one class shifted alone, as of two, is neither true nor ranks so."""
    seen, truth = seven_classes()
    made = correct_predictions(seen, {"mel": 0.11, "nv": 0.67, "bcc": 0.22})
    alone = correct_prior_shift(seen.scores[:, 2], train_prevalence=1 / 3, target_prevalence=0.11)
    is_mel = seen.labels == 2

    assert made.scores == pytest.approx(truth, abs=1e-12)
    assert made.train_prevalence == (0.67, 0.22, 0.11)
    assert np.abs(alone - truth[:, 2]).mean() > 0.01
    assert roc_auc_score(is_mel, truth[:, 2]) > roc_auc_score(is_mel, alone) + 0.001


def test_one_share_for_several_classes_is_refused_with_the_remedy() -> None:
    """A number is the share of one of two; scores that do not sum to 1 are no classes'."""
    seen, _ = seven_classes(50)

    with pytest.raises(InvalidInputError, match=r"3 columns\. Give the share of each class"):
        correct_prior_shift(seen.scores, train_prevalence=1 / 3, target_prevalence=0.1)
    with pytest.raises(InvalidInputError, match="`target_prevalence` of 3 classes needs one"):
        correct_predictions(seen, 0.1)
    with pytest.raises(InvalidInputError, match="`target_prevalence` must be given"):
        correct_predictions(seen, None)
    with pytest.raises(InvalidInputError, match="correct all of them, then take `one_vs_rest`"):
        correct_predictions(seen.one_vs_rest("mel"), 0.1)
    shift = PriorShift([1 / 3] * 3, [0.2, 0.3, 0.5])
    with pytest.raises(InvalidInputError, match="must sum to 1"):
        shift.correct([[0.9, 0.9, 0.9]])


def test_labels_are_corrected_each_alone() -> None:
    """Two labels, trained at 0.5 and 0.2, read at 0.1 and 0.4: two corrections of two classes."""
    scores = np.array([[0.5, 0.2], [0.9, 0.7]])
    seen = Predictions(
        labels=[[1, 0], [1, np.nan]],
        scores=scores,
        patients=None,
        classes=("mass", "node"),
        train_prevalence=[0.5, 0.2],
    )
    made = correct_predictions(seen, [0.1, 0.4])

    assert made.scores[0] == pytest.approx([0.1, 0.4])
    alone = correct_prior_shift(scores[:, 1], train_prevalence=0.2, target_prevalence=0.4)
    assert made.scores[:, 1].tolist() == alone.tolist()
    assert made.train_prevalence == (0.1, 0.4)


def test_scores_need_a_column_for_each_share() -> None:
    """Three shares and two columns: the numbers of both."""
    shift = PriorShift([0.2, 0.3, 0.5], [0.1, 0.1, 0.8])
    with pytest.raises(InvalidInputError, match=r"each of the 3 classes, got shape \(1, 2\)"):
        shift.correct([[0.4, 0.6]])


MASKED = np.ma.array([0.1, 0.9], mask=[False, True])


@pytest.mark.parametrize(
    "use",
    [
        PriorShift(0.5, 0.1).correct,
        Recalibration("platt", 1.2, 0.1).correct,
        lambda scores: least_cost_classes(np.ma.stack([1 - scores, scores], axis=1), np.eye(2)),
        lambda scores: estimate_prevalence(scores, train_prevalence=0.5, patients=None),
    ],
)
def test_a_masked_score_is_never_corrected_or_counted(use: Callable[..., object]) -> None:
    """It is missing, whatever lies under the mask; nor is a text a score."""
    with pytest.raises(InvalidInputError, match=r"`scores` must (lie in|be probabilities)"):
        use(MASKED)
    assert PriorShift(0.5, 0.1).correct(np.float32([0.7]))[0] == PriorShift(0.5, 0.1).correct(0.7)
    with pytest.raises(InvalidInputError, match="`scores` must be numbers, got 'a'"):
        PriorShift(0.5, 0.1).correct(["a"])
