"""Would more patients help? AUROC by the number of patients trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_number, check_same_length
from prevalens._seeding import generator
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features.feature_head import fit_head
from prevalens.features.image_features import ImageFeatures, feature_values
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Flags, Texts


@dataclass(frozen=True)
class LearningCurve:
    """AUROC of all images, each scored without its patient, by the patients trained on.

    Attributes:
        n_patients: Mean number of patients that a head was fitted on, rising.
        estimates: AUROC with its interval over patients, one for each number.
        gain: AUROC with the most patients minus that with the next fewer.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(80) // 2 % 2
        >>> features = (rng.normal(size=(80, 3)) + labels[:, None]).astype(np.float32)
        >>> curve = compute_learning_curve(
        ...     features, labels, [f"p{k // 2}" for k in range(80)], shares=(0.5, 1.0), n_splits=2,
        ...     n_repeats=1, n_folds=2,
        ... )
        >>> len(curve.estimates), curve.estimates[-1].patients
        (2, 40)
    """

    n_patients: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    gain: Estimate

    def expect(self, n_more: int) -> tuple[float, float | None, float | None]:
        """Return the gain in AUROC that `n_more` further patients promise, and its limits.

        It takes the last step of the curve as it would go on: linear in the logarithm of the
        number of patients, which flatters where the curve flattens.

        Args:
            n_more: Further patients, at least 1.
        """
        check_integer("n_more", n_more, minimum=1)
        fewer, most = self.n_patients[-2:]
        share = math.log((most + n_more) / most) / math.log(most / fewer)
        found = self.gain
        limits = [None if each is None else share * each for each in (found.lower, found.upper)]
        return share * (found.value or 0.0), limits[0], limits[1]

    def __str__(self) -> str:
        points = [
            f"{number:.0f} patients: {estimate}"
            for number, estimate in zip(self.n_patients, self.estimates, strict=True)
        ]
        return "\n".join([*points, f"gain of the last step: {self.gain}"])


def compute_learning_curve(
    features: ImageFeatures | ArrayLike,
    labels: ArrayLike,
    patients: ArrayLike,
    *,
    shares: Sequence[float] = (0.25, 0.5, 1.0),
    n_splits: int = 5,
    n_repeats: int = 3,
    seed: int = 0,
    confidence_level: float = 0.95,
    **settings: Any,
) -> LearningCurve:
    """Fit heads on growing parts of the patients, and score the same held-out patients.

    In each outer fold the training patients are put in a random order, those with a positive
    image apart from the others, and the first of both are taken: a larger part holds the smaller.
    Each repeat has another order; its AUROC is that of single heads, and values and limits are
    averaged over the repeats. (Averaged scores would be those of several heads together, which
    rank better the fewer patients each has seen.) The limits are of the held-out patients alone.

    Args:
        features: Shape `(n_rows, n_features)`.
        labels: 1 or True where the image is positive, `(n_rows,)`.
        patients: Patient of each row, `(n_rows,)`.
        shares: Shares of the training patients, rising, in `(0, 1]`; two at least.
        n_splits: Outer folds of whole patients.
        n_repeats: Random orders of the patients.
        seed: Seed of folds, orders and heads.
        confidence_level: Of the intervals.
        **settings: Further arguments of `fit_head`: `kind`, `penalties`, `n_folds`.

    Raises:
        InvalidInputError: labels are not of two classes, shares do not rise, or lengths differ.
        ImpossibleSplitError: a part has too few patients of a class.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(80) // 2 % 2
        >>> features = (rng.normal(size=(80, 3)) + labels[:, None]).astype(np.float32)
        >>> curve = compute_learning_curve(
        ...     features, labels, [f"p{k // 2}" for k in range(80)], shares=(0.5, 1.0), n_splits=2,
        ...     n_repeats=1, n_folds=2,
        ... )
        >>> curve.n_patients
        (10.0, 20.0)
    """
    values, ids = feature_values(features), np.asarray(patients).astype(np.str_)
    positive = np.asarray(labels).astype(bool)
    check_same_length(features=values, labels=positive, patients=ids)
    check_integer("n_repeats", n_repeats, minimum=1)
    parts = [check_number("shares", one, low=0, high=1, open_low=True) for one in shares]
    if len(parts) < 2 or sorted(set(parts)) != parts:
        raise InvalidInputError(f"`shares` must be two or more that rise, got {list(shares)}.")
    scores = np.zeros((n_repeats, len(parts), len(values)))
    counts = np.zeros(len(parts))
    folds = list(PatientKFold(n_splits, seed=seed).split(values, positive.astype(int), ids))
    for repeat in range(n_repeats):
        for fold, (train, test) in enumerate(folds):
            order = _order(positive[train], ids[train], seed=seed, repeat=repeat, fold=fold)
            for place, share in enumerate(parts):
                rows = train[_taken(order, ids[train], share)]
                counts[place] += len(np.unique(ids[rows]))
                try:
                    head = fit_head(values[rows], positive[rows], ids[rows], seed=seed, **settings)
                except ImpossibleSplitError as error:
                    raise _too_few(share, error) from error
                scores[repeat, place, test] = head.scores(values[test])
    more: dict[str, Any] = {"patients": ids, "confidence_level": confidence_level}
    estimates = tuple(
        _averaged([auroc(positive, each[place], **more) for each in scores])
        for place in range(len(parts))
    )
    gain = _averaged(
        [compare_models(positive, each[-1], each[-2], **more).difference for each in scores]
    )
    counts /= n_repeats * len(folds)
    return LearningCurve(tuple(counts.tolist()), estimates, gain)


def _averaged(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of the values and of the limits, where all of them have some."""
    means: dict[str, Any] = {}
    for name in ("value", "lower", "upper"):
        found = [getattr(each, name) for each in estimates]
        means[name] = None if None in found else float(np.mean(found))
    if means["value"] is None:
        return next(each for each in estimates if each.value is None)
    method = f"mean of {len(estimates)} orders of the patients; each: {estimates[0].method}"
    return replace(estimates[0], method=method, **means)


def _order(
    positive: Flags, patients: Texts, *, seed: int, repeat: int, fold: int
) -> tuple[Texts, Texts]:
    """Return the patients with a positive image, and the others, each in a random order."""
    random = generator(seed, "learning curve", repeat, fold)
    ill = np.unique(patients[positive])
    return random.permutation(ill), random.permutation(np.setdiff1d(patients, ill))


def _taken(order: tuple[Texts, Texts], patients: Texts, share: float) -> Flags:
    first = [group[: math.ceil(share * len(group))] for group in order]
    return np.isin(patients, np.concatenate(first))


def _too_few(share: float, error: ImpossibleSplitError) -> ImpossibleSplitError:
    return ImpossibleSplitError(
        f"A share of {share:g} of the training patients is too few to choose a penalty: {error} "
        "Give larger `shares`, or one number as `penalties`."
    )
