"""How far two sides move: limits of a skewed difference, against closed forms."""

import math

import numpy as np
import pytest
from scipy import special, stats

from prevalens.metrics import compare_models, non_inferiority
from prevalens.metrics.moved import Moved

EVEN = np.array([0.01, -0.01] * 10)
SKEW = np.array([0.05, *[-0.05 / 19] * 19])
PLAIN = (-math.inf, math.inf)


def test_errors_and_correlation_are_those_of_the_changes() -> None:
    """Sums of squares and of products, over all entries; patients without rows count nothing."""
    codes = np.arange(20)
    made = Moved.of(EVEN, 2 * EVEN, codes)

    assert made.errors == pytest.approx((math.sqrt(0.002), 2 * math.sqrt(0.002)))
    assert made.together == pytest.approx(1.0)
    assert made.spread.error == pytest.approx(math.sqrt(0.002))
    assert Moved.of(EVEN, -EVEN, None).together == pytest.approx(-1.0)
    assert Moved.of(EVEN, 0 * EVEN, None).together == 0.0
    padded = Moved.of(np.append(EVEN, 0.0), np.zeros(21), codes)
    assert padded.spread.patients == 20


def test_even_changes_on_the_plain_scale_give_students_interval() -> None:
    """Without skewness and curvature nothing is left but the error and Student's t."""
    made = Moved.of(EVEN, 0.5 * EVEN[::-1], None)
    half = stats.t.ppf(0.975, made.spread.df) * made.spread.error

    assert made.limits((0.3, 0.1), PLAIN, 0.95) == pytest.approx((0.2 - half, 0.2 + half))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_limit_on_the_skewed_side_alone_moves_outwards(sign: int) -> None:
    """By one and a half times g (2 t^2 + 1) / 6 errors, with g counted here."""
    changes = sign * SKEW
    made = Moved.of(changes, np.zeros(20), None)
    error = math.sqrt(changes @ changes)
    t = stats.t.ppf(0.975, made.spread.df)
    shift = 1.5 * (changes**3).sum() / error**3 * (2 * t**2 + 1) / 6 * error
    lower, upper = made.limits((0.4, 0.2), PLAIN, 0.95)

    assert lower == pytest.approx(0.2 - t * error + min(shift, 0))
    assert upper == pytest.approx(0.2 + t * error + max(shift, 0))
    assert abs(shift) > 0.5 * error


def test_each_side_keeps_its_own_scale() -> None:
    """Independent sides in [0, 1]: the squares of their logit limits are added (Zou & Donner)."""
    one, two = np.append(EVEN, np.zeros(20)), np.append(np.zeros(20), EVEN)
    made = Moved.of(one, two, None)
    t = stats.t.ppf(0.975, made.spread.df)

    def logit(value: float) -> np.ndarray:
        half = t * math.sqrt(0.002) / (value * (1 - value))
        return special.expit(special.logit(value) + np.array([-half, half]))

    (low1, high1), (low2, high2) = logit(0.2), logit(0.1)
    lower, upper = made.limits((0.2, 0.1), (0.0, 1.0), 0.95)
    assert lower == pytest.approx(0.1 - math.hypot(0.2 - low1, high2 - 0.1))
    assert upper == pytest.approx(0.1 + math.hypot(high1 - 0.2, 0.1 - low2))


def test_no_difference_lies_outside_its_range() -> None:
    """Changes as large as the range end at it."""
    made = Moved.of(10 * SKEW, -10 * SKEW, None)

    assert made.limits((0.5, 0.5), (0.0, 1.0), 0.99)[1] <= 1.0


def test_a_worse_brier_score_is_seldom_taken_for_no_worse() -> None:
    """Of 300 studies of 20 patients with the loss at the margin at most 5 % pass; t: 6 %."""
    rng = np.random.default_rng(11)
    passed = 0
    for _ in range(300):
        sizes = rng.integers(20, 81, 20)
        owner = np.repeat(np.arange(20), sizes)
        labels = rng.random(owner.size) < special.expit(rng.normal(-2.05, 1, 20))[owner]
        scores = np.where(labels, 0.3, 0.1)
        # The new model has the old one's scores a tenth lower where images are positive:
        # its loss is larger by (0.8^2 - 0.7^2) times the prevalence, which is 0.1570 on average.
        worse = np.where(labels, 0.2, 0.1)
        contrast = compare_models(labels, worse, scores, measure="brier", patients=owner)
        margin = 0.15 * PREVALENCE
        passed += bool(non_inferiority(contrast, margin=margin, higher_is_better=False).shown)

    assert passed / 300 <= 0.05


# Mean of a logistic normal with mean -2.05 and standard deviation 1, by quadrature.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
PREVALENCE = float(_WEIGHTS @ special.expit(_NODES - 2.05) / _WEIGHTS.sum())
