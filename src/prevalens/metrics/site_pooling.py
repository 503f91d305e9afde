"""Estimates of several sites: their mean, how far sites lie apart, and where the next may lie."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from prevalens._checks import check_choice, check_same_length
from prevalens._columns import encode
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import Limits
from prevalens.metrics.random_effects import METHOD, RandomEffects, pool_random_effects
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes

# On which scale estimates of sites are about normal: Debray 2017; Snell, Ensor, Debray, Moons &
# Riley 2018. Of each the scale, and its slope in the value.
_LOGIT = ("logit", special.logit, special.expit, lambda value: 1 / (value * (1 - value)))
_LOG = ("log", np.log, np.exp, lambda value: 1 / value)
_PLAIN = ("plain", float, float, lambda _: 1.0)
SCALES: Mapping[str, tuple[str, Callable[..., Any], Callable[..., Any], Callable[..., float]]] = {
    "auroc": _LOGIT,
    "sensitivity": _LOGIT,
    "specificity": _LOGIT,
    "observed_expected": _LOG,
    "calibration_intercept": _PLAIN,
    "calibration_slope": _PLAIN,
}
_FEW = 10  # sites; below it the spread between them is hardly known
_SEEN = 0.75  # I2; below it the next site lies outside too often, see bench_site_pooling.py
_SITES_OF_PREDICTION = 3


@dataclass(frozen=True)
class SitePooling:
    """One measure over several sites.

    Args:
        measure: Key of the measure.
        mean: Mean over sites with its interval, back on the measure's own scale.
        prediction: Limits for the true value at the next site, at the same confidence level;
            None from fewer than three sites.
        sites: Estimate of each site that was pooled, by name, over its own patients.
        weights: Weight of each of them; they add up to 1.
        left_out: Why a site was not pooled, by name.
        scale: Scale on which sites were pooled.
        tau: Standard deviation of the true values between sites, on that scale; None where
            fewer than two sites were pooled, as what follows.
        i2: Share of the variance of estimates that lies between sites, in [0, 1].
        q: Cochran's Q of sites that do not differ.
        q_p_value: Its p value.

    Examples:
        >>> labels, scores = [0, 0, 1, 1, 0, 1] * 6, [0.1, 0.6, 0.4, 0.8, 0.3, 0.7] * 6
        >>> sites = ["a"] * 12 + ["b"] * 12 + ["c"] * 12
        >>> made = pool_sites(labels, scores, sites, measure="sensitivity", threshold=0.5)
        >>> {site: round(each.value, 3) for site, each in made.sites.items()}
        {'a': 0.667, 'b': 0.667, 'c': 0.667}
    """

    measure: str
    mean: Estimate
    prediction: Limits | None
    sites: Mapping[str, Estimate]
    weights: Mapping[str, float]
    left_out: Mapping[str, str]
    scale: str
    tau: float | None = None
    i2: float | None = None
    q: float | None = None
    q_p_value: float | None = None

    def __str__(self) -> str:
        found = f"{self.measure} over {len(self.sites)} sites: {self.mean}"
        if self.prediction is None:
            return found
        low, high = self.prediction
        return f"{found}; the next site: {low:.3f} to {high:.3f}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "measure": self.measure,
            "mean": self.mean.to_dict(),
            "prediction": None if self.prediction is None else list(self.prediction),
            "sites": {name: made.to_dict() for name, made in self.sites.items()},
            "weights": dict(self.weights),
            "left_out": dict(self.left_out),
            "scale": self.scale,
            "tau": self.tau,
            "i2": self.i2,
            "q": self.q,
            "q_p_value": self.q_p_value,
        }


def pool_sites(
    labels: ArrayLike,
    scores: ArrayLike,
    sites: ArrayLike,
    *,
    measure: str = "auroc",
    threshold: float | None = None,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> SitePooling:
    """Pool one measure over sites, each with its own patients, by a random-effects model.

    Each site has its estimate and standard error over its patients. The mean is that of sites,
    not of images: a large site does not speak for the others. The prediction interval says where
    the true value of the next site of the same kind may lie.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        sites: Site of each image, shape `(n_rows,)`.
        measure: `"auroc"`, `"sensitivity"`, `"specificity"` (pooled as logits),
            `"observed_expected"` (as logarithm), `"calibration_intercept"` or
            `"calibration_slope"` (as they are).
        threshold: A score of at least this is predicted positive; for sensitivity and
            specificity.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent. Each
            patient belongs to one site.
        confidence_level: Coverage the intervals aim at.

    Returns:
        The pooling. A site without the estimate or its spread is left out and named; with fewer
        than two left the mean is not estimable.

    Raises:
        InvalidInputError: a column breaks its rule, the measure cannot be pooled, a threshold is
            missing or of no use, or a patient is at two sites.

    References:
        Debray et al., BMJ 2017;356:i6460 (random effects over sites, scales). Viechtbauer, J Educ
        Behav Stat 2005;30:261-293 (restricted maximum likelihood). Hartung & Knapp, Stat Med
        2001;20:3875-3889. Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159
        (prediction interval).

    Examples:
        >>> rows = [0, 0, 1, 1, 0, 1] * 6
        >>> scores = [0.1, 0.6, 0.4, 0.8, 0.3, 0.7] * 6
        >>> sites = ["a"] * 12 + ["b"] * 12 + ["c"] * 12
        >>> pool_sites(rows, scores, sites, measure="sensitivity", threshold=0.5).mean.n
        18
    """
    columns = check_columns(labels, scores, patients)
    check_choice("measure", measure, SCALES)
    settings = Settings(_threshold(measure, threshold), check_confidence_level(confidence_level))
    coded = encode("site", sites)
    check_same_length(labels=columns.labels, sites=coded.codes)
    _refuse_several_sites(columns, coded.codes, coded.names)
    made = {
        name: _at(columns, coded.codes == code, measure, settings)
        for code, name in enumerate(coded.names)
    }
    return pool_estimates(made, measure=measure)


def _threshold(measure: str, threshold: float | None) -> float | None:
    needed = measure_of(measure).needs_threshold
    if threshold is not None and not needed:
        raise InvalidInputError(f"{measure!r} takes no threshold, got {threshold!r}. Leave it out.")
    if threshold is None and needed:
        raise InvalidInputError(f"{measure!r} needs `threshold`. Pass a number in [0, 1].")
    return threshold


def _refuse_several_sites(columns: Columns, places: Codes, names: list[str]) -> None:
    if columns.codes is None:
        return
    pairs = np.unique(np.column_stack([columns.codes, places]), axis=0)
    several = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    if not several.size:
        return
    first = int(several[0])
    who = f"number {first + 1}" if columns.ids is None else repr(columns.ids[first])
    where = [names[place] for code, place in pairs.tolist() if code == first]
    raise InvalidInputError(
        f"Sites are pooled as independent, but {several.size} patients are at several: patient "
        f"{who} at {where}. Write the ids of each site apart where they are other people, or give "
        "each patient one site."
    )


def _at(columns: Columns, rows: Any, measure: str, settings: Settings) -> Estimate:
    codes = None
    if columns.codes is not None:
        codes = np.unique(columns.codes[rows], return_inverse=True)[1]
    return measure_of(measure).compute(
        Columns(columns.labels[rows], columns.scores[rows], codes), settings
    )


def pool_estimates(sites: Mapping[str, Estimate], *, measure: str) -> SitePooling:
    """Pool the estimates of sites, which are of one measure at one confidence level.

    Args:
        sites: Estimate of each site by name, at least one.
        measure: Key of the measure, one of `SCALES`.
    """
    scale = SCALES[measure][0]
    points: dict[str, tuple[float, float]] = {}
    left_out: dict[str, str] = {}
    for name, made in sites.items():
        point = _on_scale(made, measure)
        if isinstance(point, str):
            left_out[name] = point
        else:
            points[name] = point
    kept = {name: sites[name] for name in points}
    if len(points) < 2:
        mean = _mean(list(sites.values()), None, measure)
        return SitePooling(measure, mean, None, kept, {}, left_out, scale)
    values, variances = np.array(list(points.values())).T
    pooled = pool_random_effects(values, variances)
    mean = _mean(list(kept.values()), pooled, measure)
    prediction = None
    if pooled.sites >= _SITES_OF_PREDICTION:
        prediction = _back(pooled.prediction(mean.confidence_level), measure)
    return SitePooling(
        measure=measure,
        mean=mean,
        prediction=prediction,
        sites=kept,
        weights=dict(zip(points, pooled.weights.tolist(), strict=True)),
        left_out=left_out,
        scale=scale,
        tau=math.sqrt(pooled.tau2),
        i2=pooled.i2,
        q=pooled.q,
        q_p_value=pooled.q_p_value,
    )


def _on_scale(made: Estimate, measure: str) -> tuple[float, float] | str:
    """Return a site's value and variance on the scale; or why it has none."""
    scale, there, _, slope = SCALES[measure]
    if made.value is None:
        return made.not_estimable or "it is infinite"
    if made.lower is None or made.upper is None:
        return made.note or "no interval"
    if scale == "logit" and made.value in {0.0, 1.0}:
        return _at_the_end(made)
    error = made.error
    if error is None:  # a share: limits are Wilson's on the effective number
        error = math.sqrt(made.value * (1 - made.value) / (made.effective_n or made.n))
    return float(there(made.value)), (error * slope(made.value)) ** 2


def _at_the_end(made: Estimate) -> tuple[float, float]:
    """Return the logit of a share, or of an AUROC, of 0 or 1: half a success and failure more.

    A share counts effective images. An AUROC of 1 is bounded as so many pairs that are all right,
    and counts them.
    """
    n = made.effective_n or float(made.n)
    if "pairs" in made.method:
        tail = (1 - made.confidence_level) / 2
        bound = made.lower if made.value == 1 else 1 - (made.upper or 0.0)
        n = math.log(tail) / math.log(bound or tail)
    hits = n if made.value == 1 else 0.0
    odds = (hits + 0.5) / (n - hits + 0.5)
    return math.log(odds), 1 / (hits + 0.5) + 1 / (n - hits + 0.5)


def _back(limits: Limits, measure: str) -> Limits:
    back = SCALES[measure][2]
    return float(back(limits[0])), float(back(limits[1]))


def _mean(sites: list[Estimate], pooled: RandomEffects | None, measure: str) -> Estimate:
    """Make the estimate of the mean over sites."""
    scale, first = SCALES[measure][0], sites[0]
    patients = [made.patients for made in sites]
    counted = [made.events for made in sites]
    blank = replace(
        first,
        value=None,
        lower=None,
        upper=None,
        method=f"{METHOD}, {scale} scale (Debray 2017)",
        n=sum(made.n for made in sites),
        events=None if None in counted else sum(counted),  # type: ignore[arg-type]
        patients=None if None in patients else sum(patients),  # type: ignore[arg-type]
        not_estimable="fewer than two sites have an estimate with its spread",
        note=None,
        design_effect=None,
        effective_n=None,
        infinite=False,
        limits_at=None,
        error=None,
    )
    if pooled is None:
        return blank
    lower, upper = _back(pooled.limits(first.confidence_level), measure)
    notes = []
    if pooled.sites < _FEW:
        notes.append(
            f"From {pooled.sites} sites: how far sites lie apart is hardly known, so read the "
            "interval and the prediction as approximate."
        )
    if pooled.i2 < _SEEN:
        notes.append(
            "Chance within sites hides how far they lie apart, so the limits of the next site may "
            "be too short."
        )
    value = float(SCALES[measure][2](pooled.value))
    return replace(
        blank,
        value=value,
        lower=lower,
        upper=upper,
        not_estimable=None,
        note=" ".join(notes) or None,
    )
