"""The prevalence of unlabelled rows from their scores."""

import numpy as np
import pytest

from prevalens.decisions import estimate_prevalence
from prevalens.exceptions import InvalidInputError


def shifted(seed: int, *, prevalence: float, n: int) -> np.ndarray:
    """Scores of two normals, calibrated at 50 %, of rows at another prevalence."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) + 2 * (rng.random(n) < prevalence)
    return 1 / (1 + np.exp(-(2 * x - 2)))


def em(scores: np.ndarray, train: float) -> float:
    """Saerens' iteration, as published, until it stands still."""
    now = train
    for _ in range(20_000):
        up, down = scores * now / train, (1 - scores) * (1 - now) / (1 - train)
        now = float(np.mean(up / (up + down)))
    return now


@pytest.mark.parametrize("train", [0.5, 0.2])
def test_it_is_the_fixed_point_of_the_published_iteration(train: float) -> None:
    """Newton on the likelihood ends where 20,000 steps of EM end."""
    scores = shifted(1, prevalence=0.1, n=300)
    found = estimate_prevalence(scores, train_prevalence=train, patients=None, n_draws=50)

    assert found.value == pytest.approx(em(scores, train), abs=1e-8)


def test_a_known_shift_is_found() -> None:
    """From 50 % to 8 % among 20,000 rows: the truth lies within three standard errors."""
    found = estimate_prevalence(
        shifted(2, prevalence=0.08, n=20_000), train_prevalence=0.5, patients=None, n_draws=50
    )

    assert found.value == pytest.approx(0.08, abs=0.01)
    assert found.lower < found.value < found.upper


def test_rows_of_the_same_patients_tell_less() -> None:
    """Each row shown ten times as one patient gives the interval of the rows, not a shorter one."""
    scores = shifted(3, prevalence=0.3, n=200)
    owner = np.repeat(np.arange(200), 10)
    settings = {"train_prevalence": 0.5, "n_draws": 400}
    alone = estimate_prevalence(scores, patients=None, **settings)
    repeated = estimate_prevalence(np.repeat(scores, 10), patients=owner, **settings)

    assert repeated.value == pytest.approx(alone.value, abs=1e-8)
    assert (repeated.patients, repeated.n) == (200, 2000)
    assert repeated.upper - repeated.lower == pytest.approx(alone.upper - alone.lower, rel=0.1)


def test_ends_of_the_range_are_reached() -> None:
    """Scores of only 0 and 1 are counted; surely negative rows have prevalence 0."""
    counted = estimate_prevalence([0, 0, 0, 1], train_prevalence=0.5, patients=None, n_draws=50)
    none = estimate_prevalence([0.1, 0.2, 0.1], train_prevalence=0.5, patients=None, n_draws=50)

    assert counted.value == pytest.approx(0.25)
    assert none.value == 0.0


def test_equal_scores_tell_nothing() -> None:
    """A constant score is not estimable, not 0.5."""
    found = estimate_prevalence([0.5] * 9, train_prevalence=0.5, patients=None, n_draws=50)

    assert found.value is None
    assert "all scores are equal" in found.not_estimable


def test_one_patient_has_no_interval() -> None:
    """Draws of a single patient do not vary."""
    found = estimate_prevalence([0.2, 0.9], train_prevalence=0.5, patients=["a", "a"], n_draws=50)

    assert (found.lower, found.upper) == (None, None)


def test_logits_are_refused() -> None:
    """Only probabilities have a prevalence."""
    with pytest.raises(InvalidInputError, match="must be probabilities"):
        estimate_prevalence([-1.0, 2.0], train_prevalence=0.5, patients=None)


def test_a_search_cut_short_stays_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps are too few to stand still, and yet end between 0 and 1, nearer to the end."""
    scores = shifted(1, prevalence=0.1, n=300)
    monkeypatch.setattr("prevalens.decisions.prevalence_estimate._STEPS", 2)
    found = estimate_prevalence(scores, train_prevalence=0.5, patients=None, n_draws=50)

    assert 0 <= found.value <= 1
    assert abs(found.value - em(scores, 0.5)) < 0.4
