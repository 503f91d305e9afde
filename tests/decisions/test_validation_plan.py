"""Riley's formulas at one image per patient, and Kish's design effect with more."""

import math

import numpy as np
import pytest
from scipy import special, stats

from prevalens.decisions import plan_validation
from prevalens.exceptions import InvalidInputError


def of(plan: object, measure: str) -> object:
    """Return what one measure needs."""
    return next(need for need in plan.needs if need.measure == measure)  # type: ignore[attr-defined]


def test_images_give_the_width_that_was_asked_for() -> None:
    """Each formula of a standard error, forwards, at the number of images that was found."""
    share, spec, sens, at, z = 0.018, 0.9, 0.8, 0.1, stats.norm.ppf(0.975)
    plan = plan_validation(
        prevalence=share, auroc=0.8, sensitivity=sens, specificity=spec, threshold=at
    )
    n = {need.measure: need.images for need in plan.needs}
    error = math.sqrt((1 - share) / (share * n["observed_expected"]))
    assert math.exp(z * error) - math.exp(-z * error) == pytest.approx(1, abs=1e-3)
    # The worked example of pmvalsampsize, at 1.8 % positive: 905 for O/E, 4252 for an AUROC of 0.8.
    assert (n["observed_expected"], n["auroc"]) == (905, 4252)
    error = math.sqrt(sens * (1 - sens) / (share * n["sensitivity"]))
    assert 2 * z * error == pytest.approx(0.1, abs=1e-4)
    weight = (1 - share) / share * at / (1 - at)
    variance = (
        sens * (1 - sens) / share
        + weight**2 * spec * (1 - spec) / (1 - share)
        + weight**2 * (1 - spec) ** 2 / (share * (1 - share))
    ) / n["standardised_net_benefit"]
    assert 2 * z * math.sqrt(variance) == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize("log_odds", [(math.nan, 3), (math.inf, 3), (0, math.inf), (0, 0)])
def test_log_odds_are_finite(log_odds: tuple[float, float]) -> None:
    """A normal has a mean and a deviation above 0."""
    with pytest.raises(InvalidInputError, match=r"`log_odds\[[01]\]` must"):
        plan_validation(prevalence=0.1, log_odds=log_odds)


def test_the_slope_is_that_of_drawn_log_odds() -> None:
    """Fisher's information of a million normal log odds, as Riley draws them."""
    odds = np.random.default_rng(0).normal(-5, 2.5, 1_000_000)
    bend = special.expit(odds) * special.expit(-odds)
    level, both, slope = bend.mean(), (bend * odds).mean(), (bend * odds**2).mean()
    error = 0.1 / stats.norm.ppf(0.975)
    expected = level / (level * slope - both**2) / error**2
    need = of(plan_validation(prevalence=0.018, log_odds=(-5, 2.5)), "calibration_slope")
    # Pmvalsampsize, from a million draws of its own.
    assert need.images == pytest.approx(4544, rel=0.005)  # type: ignore[attr-defined]
    assert need.images == pytest.approx(expected, rel=0.01)  # type: ignore[attr-defined]


def test_images_of_a_patient_count_less() -> None:
    """Twenty of each, correlated by 0.1: 2.9 times the images, and the twentieth of patients."""
    alone = of(plan_validation(prevalence=0.2, auroc=0.9), "auroc")
    plan = plan_validation(prevalence=0.2, auroc=0.9, images_per_patient=20, correlation="cells")
    need = of(plan, "auroc")
    assert need.independent_images == alone.images  # type: ignore[attr-defined]
    assert need.images == pytest.approx(2.9 * alone.images, abs=2)  # type: ignore[attr-defined]
    assert need.patients == math.ceil(need.images / 20)  # type: ignore[attr-defined]
    # Of twenty images four are positive: 1.3 times the images, for the sensitivity.
    one, more = (
        of(
            plan_validation(
                prevalence=0.2, sensitivity=0.9, images_per_patient=m, correlation="cells"
            ),
            "sensitivity",
        ).images  # type: ignore[attr-defined]
        for m in (1, 20)
    )
    assert more == pytest.approx(1.3 * one, abs=2)
    assert plan.patients == max(each.patients for each in plan.needs)


def test_a_promise_needs_a_limit_at_the_ask() -> None:
    """Clopper and Pearson's lower limit of 95 % among the positives found is 0.9."""
    need = of(plan_validation(prevalence=0.5, sensitivity=0.95, promise=0.9), "promise")
    n = need.images / 2  # type: ignore[attr-defined]
    lower = stats.beta.ppf(0.05, 0.95 * n, 0.05 * n + 1)
    assert lower == pytest.approx(0.9, abs=1e-3)
    with pytest.raises(InvalidInputError, match=r"promise of 0\.9 needs.*above it, got 0\.9"):
        plan_validation(prevalence=0.5, sensitivity=0.9, promise=0.9)


def test_it_prints_and_is_plain() -> None:
    """A line for each aim, and the patients that meet all."""
    plan = plan_validation(prevalence=0.1, auroc=0.9)
    assert f"{plan.patients} patients meet every aim" in str(plan)
    assert plan.to_dict()["needs"][1]["measure"] == "auroc"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ({"prevalence": 0.0}, "prevalence"),
        ({"images_per_patient": 0}, "images_per_patient"),
        ({"correlation": "moles"}, "correlation"),
        ({"widths": {"auc": 0.1}}, "auc"),
        ({"threshold": 0.1}, "needs the expected `sensitivity` and `specificity`"),
    ],
)
def test_what_cannot_be_is_refused(ask: dict[str, object], told: str) -> None:
    """By name and value."""
    with pytest.raises(InvalidInputError, match=told):
        plan_validation(**({"prevalence": 0.1} | ask))  # type: ignore[arg-type]
