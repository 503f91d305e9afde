"""Every estimate of one model on one set of rows."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.bootstrap import bootstrap_estimates
from prevalens.metrics.estimates import Estimates
from prevalens.metrics.inputs import check_columns, check_confidence_level
from prevalens.metrics.registry import all_measures, measure_of
from prevalens.metrics.settings import Settings
from prevalens.metrics.standardised import check_target, estimate_at


def all_estimates(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: float,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    seed: int = 0,
    draws: int = 0,
    measures: Sequence[str] | None = None,
    weights: ArrayLike | None = None,
    prevalence: float | None = None,
) -> Estimates:
    """Compute every estimate at a threshold, with intervals that hold for images inside patients.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        threshold: A score of at least this is predicted positive; in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.
        seed: Seed of the bootstrap; the closed forms draw nothing.
        draws: Number of bootstrap draws over patients, at least 100, for those whose protocol
            asks for a bootstrap; 0 takes the closed forms, which hold better with few patients.
        measures: Keys of the measures to compute; by default every registered one.
        weights: How many images each row stands for, shape `(n_rows,)`, at least 0, where rows
            were sampled unlike; None: one each.
        prevalence: Share of positive images where the model will be used, in (0, 1), taken as
            known: estimates that depend on it are given at this one. None: that of the rows.

    Returns:
        The estimates by key, in the order of a report: see `all_measures`. `print` gives a line
        each, `to_frame()` a pandas data frame.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule, a measure is
            unknown, or `draws` is asked for with `weights` or `prevalence`.

    Examples:
        >>> estimates = all_estimates([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], threshold=0.5)
        >>> estimates["auroc"].value, estimates["sensitivity"].value
        (0.75, 0.5)
    """
    check_integer("seed", seed, minimum=0)
    check_integer("draws", draws, minimum=100 if draws else 0)
    threshold = check_number("threshold", threshold, low=0, high=1)
    chosen = (
        all_measures()
        if measures is None
        else tuple(measure_of(key, name="measures") for key in measures)
    )
    columns = check_columns(labels, scores, patients)
    settings = Settings(threshold, check_confidence_level(confidence_level), draws or 1000, seed)
    columns, target = check_target(columns, weights, prevalence)
    if draws and target is not None:
        raise InvalidInputError(
            f"`draws` goes without `weights` and `prevalence`, got {draws}. Leave it out: the "
            "closed forms take them."
        )
    estimates = Estimates(
        {measure.key: estimate_at(measure, columns, settings, target) for measure in chosen}
    )
    if draws == 0:
        return estimates
    drawn = bootstrap_estimates(
        estimates, columns, chosen, threshold=threshold, draws=draws, seed=seed
    )
    return Estimates(drawn)
