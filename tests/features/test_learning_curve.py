"""The learning curve rises where patients teach, and stands where they do not."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features import compute_learning_curve
from prevalens.features import learning_curve as module


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
