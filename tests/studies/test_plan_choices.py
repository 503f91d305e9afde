"""Each choice of a plan is checked as it is read."""

import msgspec
import pytest

from prevalens.studies.plan_choices import CurveChoice, Evaluation, PoolingChoice


@pytest.mark.parametrize("shares", [[1.0], [0.0, 1.0], [0.5, 1.5]])
def test_a_curve_has_two_shares_or_more_up_to_all(shares: list[float]) -> None:
    """One point is no curve; shares lie in (0, 1]."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"shares": shares, "reason": ""}, CurveChoice)
    assert msgspec.convert({"shares": [0.5, 1], "reason": ""}, CurveChoice).n_repeats == 1


def test_one_fold_is_refused_and_a_pooling_is_the_library_s() -> None:
    """Bounds stand in the record; the pooling is the one that predictions are pooled by."""
    with pytest.raises(msgspec.ValidationError, match="n_splits"):
        msgspec.convert({"kind": "cross-fitting", "n_splits": 1, "reason": ""}, Evaluation)
    assert PoolingChoice(how="top_k", k=2, reason="").pooling.k == 2
