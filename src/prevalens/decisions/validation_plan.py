"""How many patients a validation needs, for intervals of a stated width or for a promise."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import optimize, special

from prevalens._checks import check_choice, check_number
from prevalens.decisions.fixed_sequence import patients_needed
from prevalens.exceptions import InvalidInputError
from prevalens.splits.precision_plan import CORRELATIONS

# Full widths of intervals that are asked for by default; the first four are Riley's (2021).
WIDTHS = {
    "observed_expected": 1.0,
    "auroc": 0.1,
    "calibration_slope": 0.2,
    "standardised_net_benefit": 0.2,
    "sensitivity": 0.1,
    "specificity": 0.1,
}


@dataclass(frozen=True)
class ValidationNeed:
    """What one measure needs.

    Args:
        measure: Its key, or "promise".
        aim: What is aimed at, in words.
        independent_images: Images needed where each patient has one.
        images: Images needed at the stated number of images per patient.
        patients: Patients they come from.

    Examples:
        >>> from prevalens.decisions import plan_validation
        >>> need = plan_validation(prevalence=0.018, auroc=0.8).needs[0]
        >>> need.measure, need.patients
        ('observed_expected', 905)
    """

    measure: str
    aim: str
    independent_images: int
    images: int
    patients: int


@dataclass(frozen=True)
class ValidationPlan:
    """Patients and images that a validation needs; print it, or `to_dict`.

    Args:
        needs: What each measure needs.
        prevalence: Share of positive images that is assumed.
        images_per_patient: Images of each patient.
        correlation: Correlation of two images of one patient that is assumed.
        confidence_level: Coverage of the intervals.

    Examples:
        >>> from prevalens.decisions import plan_validation
        >>> plan_validation(prevalence=0.018, auroc=0.8).patients  # the most that a measure needs
        4252
    """

    needs: tuple[ValidationNeed, ...]
    prevalence: float
    images_per_patient: float
    correlation: float
    confidence_level: float

    @property
    def patients(self) -> int:
        """The number of patients that meets every aim."""
        return max(need.patients for need in self.needs)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain numbers and texts."""
        return asdict(self) | {
            "needs": [asdict(need) for need in self.needs],
            "patients": self.patients,
        }

    def __str__(self) -> str:
        lines = [
            f"{need.patients:>7} patients, {need.images:>8} images: {need.aim}"
            for need in self.needs
        ]
        last = (
            f"{self.patients:>7} patients meet every aim, assuming a prevalence of "
            f"{self.prevalence:g}, {self.images_per_patient:g} "
            f"{'image' if self.images_per_patient == 1 else 'images'} per patient and a "
            f"correlation of {self.correlation:g} between two images of one patient."
        )
        return "\n".join((*lines, last))


def plan_validation(
    *,
    prevalence: float,
    images_per_patient: float = 1,
    correlation: float | str = 0.2,
    auroc: float | None = None,
    log_odds: tuple[float, float] | None = None,
    sensitivity: float | None = None,
    specificity: float | None = None,
    threshold: float | None = None,
    promise: float | None = None,
    promise_confidence: float = 0.95,
    widths: Mapping[str, float] | None = None,
    confidence_level: float = 0.95,
) -> ValidationPlan:
    """Compute how many patients a validation needs.

    At one image per patient these are Riley's formulas, with the numbers of pmvalsampsize. With
    more, their images are multiplied by 1 + (m - 1) x correlation, m being the images per patient
    of the kind a measure is computed from: all, or for sensitivity and specificity those of the
    class, of which each patient is taken to have the same share.

    Args:
        prevalence: Share of positive images that is expected, in (0, 1).
        images_per_patient: Images of each patient, at least 1.
        correlation: Correlation of two images of one patient, in [0, 1], or a kind of image:
            `"cells"` (0.1) or `"lesions"` (0.5).
        auroc: AUROC that is expected, for its width.
        log_odds: Mean and standard deviation of the scores' log odds, for the width of the
            calibration slope.
        sensitivity: Sensitivity that is expected, for its width.
        specificity: Specificity that is expected, for its width.
        threshold: Threshold probability, in (0, 1); with both shares, for the width of the
            standardised net benefit.
        promise: Sensitivity that `choose_threshold` shall promise, below `sensitivity`.
        promise_confidence: Confidence of the promise.
        widths: Full width of the interval by measure, in place of `WIDTHS`.
        confidence_level: Coverage of the intervals.

    Returns:
        Images and patients for each aim, and for all of them.

    Raises:
        InvalidInputError: a number lies outside its range, or something is asked for without
            what it is computed from.

    References:
        Riley et al. (2021), Stat Med 40:4230-4251; Kish (1965), Survey Sampling; Newcombe (2006),
        Stat Med 25:559-573.

    Examples:
        >>> plan = plan_validation(prevalence=0.018, auroc=0.8)
        >>> [(need.measure, need.patients) for need in plan.needs]
        [('observed_expected', 905), ('auroc', 4252)]
    """
    for name, value in (
        ("prevalence", prevalence),
        ("auroc", auroc),
        ("sensitivity", sensitivity),
        ("specificity", specificity),
        ("threshold", threshold),
        ("promise", promise),
        ("promise_confidence", promise_confidence),
        ("confidence_level", confidence_level),
    ):
        if value is not None:
            check_number(name, value, low=0, high=1, open_low=True, open_high=True)
    check_number("images_per_patient", images_per_patient, low=1)
    if isinstance(correlation, str):
        check_choice("correlation", correlation, CORRELATIONS)
        correlation = CORRELATIONS[correlation]
    correlation = check_number("correlation", correlation, low=0, high=1)
    asked = {**WIDTHS, **(widths or {})}
    for name, width in asked.items():
        check_choice("widths", name, WIDTHS)
        check_number(f"widths[{name!r}]", width, low=0, open_low=True)
    normal = float(special.ndtri((1 + confidence_level) / 2))
    errors = {name: width / 2 / normal for name, width in asked.items()}
    # Up to the fourth decimal, as Riley's software (pmvalsampsize) steps to it.
    of_ratio = math.asinh(asked["observed_expected"] / 2) / normal
    errors["observed_expected"] = math.ceil(1e4 * of_ratio) / 1e4
    found = _independent(errors, prevalence, auroc, log_odds, sensitivity, specificity, threshold)
    needs = []
    for name, images in found.items():
        share = {"sensitivity": prevalence, "specificity": 1 - prevalence}.get(name, 1.0)
        aim = f"{name} to a width of {asked[name]:g}"
        needs.append(_need(name, aim, images, share, images_per_patient, correlation))
    if promise is not None:
        if sensitivity is None or sensitivity <= promise:
            raise InvalidInputError(
                f"A promise of {promise:g} needs an expected `sensitivity` above it, got "
                f"{sensitivity!r}."
            )
        positives = _promised(promise, sensitivity, promise_confidence)
        aim = f"sensitivity of {promise:g} promised with confidence {promise_confidence:g}"
        made = _need(
            "promise", aim, positives / prevalence, prevalence, images_per_patient, correlation
        )
        needs.append(made)
    return ValidationPlan(
        tuple(needs), prevalence, images_per_patient, correlation, confidence_level
    )


def _independent(  # noqa: PLR0917 - what each formula takes
    errors: Mapping[str, float],
    prevalence: float,
    auroc: float | None,
    log_odds: tuple[float, float] | None,
    sensitivity: float | None,
    specificity: float | None,
    threshold: float | None,
) -> dict[str, float]:
    """Return the independent images each measure needs, by Riley's formulas."""
    other = 1 - prevalence
    found = {"observed_expected": other / prevalence / errors["observed_expected"] ** 2}
    if auroc is not None:
        found["auroc"] = _of_auroc(auroc, prevalence, errors["auroc"])
    if log_odds is not None:
        found["calibration_slope"] = _of_slope(*log_odds) / errors["calibration_slope"] ** 2
    if sensitivity is not None:
        of_share = sensitivity * (1 - sensitivity) / prevalence
        found["sensitivity"] = of_share / errors["sensitivity"] ** 2
    if specificity is not None:
        of_share = specificity * (1 - specificity) / other
        found["specificity"] = of_share / errors["specificity"] ** 2
    if threshold is not None:
        if sensitivity is None or specificity is None:
            raise InvalidInputError(
                "Net benefit at a `threshold` needs the expected `sensitivity` and `specificity`, "
                f"got {sensitivity!r} and {specificity!r}."
            )
        cost = other / prevalence * threshold / (1 - threshold)
        variance = (
            sensitivity * (1 - sensitivity) / prevalence
            + cost**2 * specificity * (1 - specificity) / other
            + cost**2 * (1 - specificity) ** 2 / (prevalence * other)
        )
        name = "standardised_net_benefit"
        found[name] = variance / errors[name] ** 2
    return found


def _of_auroc(auroc: float, prevalence: float, error: float) -> float:
    """Solve Newcombe's standard error of the AUROC (method 4) for the number of images."""

    def variance(n: float) -> float:
        more = (n / 2 - 1) * ((1 - auroc) / (2 - auroc) + auroc / (1 + auroc))
        return auroc * (1 - auroc) * (1 + more) / (n**2 * prevalence * (1 - prevalence))

    return _solve(lambda n: error**2 - variance(n))


def _of_slope(mean: float, deviation: float) -> float:
    """Return the variance of the calibration slope times n, for normal log odds."""
    check_number("log_odds[0]", mean, open_low=True, open_high=True)
    check_number("log_odds[1]", deviation, low=0, open_low=True, open_high=True)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    odds, weights = mean + deviation * nodes, weights / weights.sum()
    bend = weights * special.expit(odds) * special.expit(-odds)
    level, both, slope = (float(bend @ odds**power) for power in range(3))
    return level / (level * slope - both**2)


def _promised(ask: float, expected: float, confidence: float) -> float:
    """Return the independent positive images whose lower limit at the expected share is the ask."""

    def spare(n: float) -> float:
        return float(special.betaincinv(n * expected, n * (1 - expected) + 1, 1 - confidence)) - ask

    return max(_solve(spare), float(patients_needed(ask, confidence)))


def _solve(spare: Callable[[float], float]) -> float:
    """Return where an increasing function of the number of images is 0."""
    low, high = 4.0, 8.0
    if spare(low) >= 0:
        return low
    while spare(high) < 0:
        high *= 2
    return float(optimize.brentq(spare, low, high, xtol=1e-6))


def _need(  # noqa: PLR0917 - in the order of the fields
    name: str, aim: str, images: float, share: float, per_patient: float, correlation: float
) -> ValidationNeed:
    effect = 1 + max(share * per_patient - 1, 0.0) * correlation
    alone, together = (math.ceil(round(n, 6)) for n in (images, images * effect))
    return ValidationNeed(name, aim, alone, together, math.ceil(together / per_patient))
