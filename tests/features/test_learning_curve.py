"""The learning curve rises where patients teach, and stands where they do not."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features import compute_learning_curve, fit_head
from prevalens.features import learning_curve as module
from prevalens.metrics import auroc
from prevalens.splits import PatientKFold


def study(n_patients: int, *, signal: float) -> tuple[Any, Any, Any]:
    """Return 30 features, of which 5 tell a third of the patients from the others."""
    random = np.random.default_rng(3)
    patients = np.repeat(np.arange(n_patients), 3)
    positive = patients % 3 == 0
    features = random.normal(size=(len(patients), 30))
    features[:, :5] += signal * positive[:, None]
    return features, positive, patients


def test_more_patients_help_where_there_is_something_to_learn() -> None:
    """With 12, 24 and 48 patients a fold the AUROC rises, and the gain says by how much."""
    features, positive, patients = study(60, signal=0.7)
    curve = compute_learning_curve(features, positive, patients, n_repeats=2, penalties=(0.1,))

    assert curve.n_patients == (12, 24, 48)
    values = [estimate.value for estimate in curve.estimates]
    assert values == sorted(values)  # type: ignore[type-var]
    assert values[-1] - values[0] > 0.05  # type: ignore[operator]
    assert curve.gain.value == pytest.approx(values[-1] - values[-2], abs=1e-9)  # type: ignore[operator]
    assert "48 patients: 0." in str(curve)


def test_the_expected_gain_goes_on_with_the_last_step() -> None:
    """48 more patients double them, as the last step did: the same gain; 1 more is a little."""
    features, positive, patients = study(60, signal=0.7)
    curve = compute_learning_curve(features, positive, patients, n_repeats=1, penalties=(0.1,))
    value, low, high = curve.expect(48)

    assert value == pytest.approx(curve.gain.value)
    assert (low, high) == (
        pytest.approx(curve.gain.lower),
        pytest.approx(curve.gain.upper),
    )
    assert curve.expect(1)[0] == pytest.approx(value * np.log2(49 / 48))


def test_a_value_is_the_mean_of_single_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders give the mean of the AUROC of each, not that of the two heads' mean scores."""
    features, positive, patients = study(30, signal=0.7)
    draw = module._order

    def values(orders: list[int]) -> list[float]:
        def chosen(*columns: Any, repeat: int, **names: Any) -> Any:
            return draw(*columns, repeat=orders[repeat], **names)

        monkeypatch.setattr(module, "_order", chosen)
        curve = compute_learning_curve(
            features, positive, patients, n_repeats=len(orders), penalties=(0.1,)
        )
        return [float(estimate.value or 0) for estimate in curve.estimates]

    np.testing.assert_allclose(
        values([0, 1]), np.mean([values([0]), values([1])], axis=0), atol=1e-12
    )


def test_the_same_seed_gives_the_same_curve() -> None:
    """Orders of patients come from the seed alone."""
    features, positive, patients = study(30, signal=1.0)
    twice = [
        str(
            compute_learning_curve(
                features, positive, patients, n_repeats=1, penalties=(1,), seed=4
            )
        )
        for _ in range(2)
    ]

    assert twice[0] == twice[1]


@pytest.mark.parametrize("shares", [(0.5,), (1.0, 0.5), (0.5, 0.5), (0.5, 1.2), (0.0, 1.0)])
def test_shares_must_rise_to_at_most_1(shares: tuple[float, ...]) -> None:
    """One share is no curve, and a share above 1 is of patients that are not there."""
    features, positive, patients = study(30, signal=1.0)
    with pytest.raises(InvalidInputError, match="`shares` must"):
        compute_learning_curve(features, positive, patients, shares=shares)


def test_too_few_patients_for_a_penalty_are_said() -> None:
    """One positive patient has no inner folds; one penalty needs none."""
    features, positive, patients = study(30, signal=1.0)
    with pytest.raises(ImpossibleSplitError, match=r"A share of 0\.1 .* one number as `penalties`"):
        compute_learning_curve(features, positive, patients, shares=(0.1, 1.0))


def kinds(n_patients: int, *, signal: float) -> tuple[Any, Any, Any]:
    """Return 30 features of three kinds of patients, of which the last is rare."""
    random = np.random.default_rng(5)
    patients = np.repeat(np.arange(n_patients), 3)
    codes = np.array([0, 0, 1, 0, 1, 2])[patients % 6]
    features = random.normal(size=(len(patients), 30))
    features[:, :3] += signal * np.eye(3)[codes]
    return features, np.array(["well", "so-so", "sick"])[codes], patients


def test_several_classes_are_ranked_by_their_mean() -> None:
    """Three AUROCs by hand from the heads of the last point; the gain is of two points."""
    features, labels, patients = kinds(60, signal=1.5)
    asked: dict[str, Any] = {"n_repeats": 1, "penalties": (0.1,), "seed": 2}
    curve = compute_learning_curve(features, labels, patients, shares=(0.5, 1.0), **asked)
    scores = np.zeros((len(labels), 3))
    codes = np.unique(labels, return_inverse=True)[1]
    for train, test in PatientKFold(5, seed=2).split(features, codes, patients.astype(str)):
        head = fit_head(features[train], codes[train], patients[train], penalties=[0.1], seed=2)
        scores[test] = head.scores(features[test])
    each = [auroc(codes == code, scores[:, code]).value or 0 for code in range(3)]

    assert curve.measure == "macro_auroc"
    assert curve.n_patients == (24, 48)
    assert curve.estimates[-1].value == pytest.approx(np.mean(each))
    assert curve.estimates[-1].patients == 60
    gain = (curve.estimates[1].value or 0) - (curve.estimates[0].value or 0)
    assert curve.gain.value == pytest.approx(gain)
    assert curve.gain.lower is not None


def test_every_part_holds_patients_of_every_class() -> None:
    """Each patient once, among those of its rarest class, the rarest class first."""
    _, labels, patients = kinds(60, signal=1.5)
    codes, ids = np.unique(labels, return_inverse=True)[1], patients.astype(str)
    order = module._order(codes, ids, seed=0, repeat=0, fold=0)
    assert [len(group) for group in order] == [10, 20, 30]

    both = codes.copy()
    both[np.flatnonzero(labels == "sick")[::3]] = 1  # every sick patient is so-so, too
    order = module._order(both, ids, seed=0, repeat=0, fold=0)
    assert len(order[0]) == 10
    assert sorted(np.concatenate(order)) == sorted(set(ids))
    taken = ids[module._taken(order, ids, 0.5)]
    assert len(np.unique(taken)) == 30
    assert {*both[np.isin(ids, taken)].tolist()} == {0, 1, 2}


def test_a_class_that_a_share_lacks_is_named() -> None:
    """All patients of one class have a rarer one as well, and none of the others is drawn."""
    features, labels, patients = kinds(60, signal=1.5)
    head = module._fitted
    codes = np.unique(labels, return_inverse=True)[1]
    rows = np.flatnonzero(labels != "sick")
    with pytest.raises(ImpossibleSplitError, match=r"A share of 0\.5 .* holds no image of 'sick'"):
        head(
            features,
            codes,
            patients,
            rows,
            names=["sick", "so-so", "well"],
            share=0.5,
            penalties=[1],
        )


def test_two_classes_are_zero_and_one() -> None:
    """Ones and twos would all be positive."""
    features, positive, patients = study(30, signal=1.0)
    with pytest.raises(
        InvalidInputError, match=r"must be 0 and 1, or False and True, got \[1, 2\]"
    ):
        compute_learning_curve(features, positive + 1, patients)
