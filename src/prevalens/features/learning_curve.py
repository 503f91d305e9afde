"""Would more patients help? AUROC, of several classes its mean, by the patients trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._cells import is_missing
from prevalens._checks import check_integer, check_number, check_same_length, name_some
from prevalens._columns import encode, listed
from prevalens._seeding import generator
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features.feature_head import FeatureHead, fit_head
from prevalens.features.image_features import ImageFeatures, feature_values
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_comparison import compare_multiclass
from prevalens.metrics.class_measures import class_measure_of
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.metrics.settings import Settings
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Flags, Labels, Rows, Scores, Texts


@dataclass(frozen=True)
class LearningCurve:
    """AUROC of all images, each scored without its patient, by the patients trained on.

    Attributes:
        n_patients: Mean number of patients that a head was fitted on, rising.
        estimates: AUROC with its interval over patients, one for each number.
        gain: AUROC with the most patients minus that with the next fewer.
        measure: `"auroc"`; of three or more classes `"macro_auroc"`, the mean over classes of that
            of each against the rest.

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
    measure: str = "auroc"

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
    Of several classes each patient is put among those of its rarest class.
    Each repeat has another order; its AUROC is that of single heads, and values and limits are
    averaged over the repeats. (Averaged scores would be those of several heads together, which
    rank better the fewer patients each has seen.) The limits are of the held-out patients alone.

    Args:
        features: Shape `(n_rows, n_features)`.
        labels: 1 or True where the image is positive, `(n_rows,)`; or one of three or more classes.
        patients: Patient of each row, `(n_rows,)`.
        shares: Shares of the training patients, rising, in `(0, 1]`; two at least.
        n_splits: Outer folds of whole patients.
        n_repeats: Random orders of the patients.
        seed: Seed of folds, orders and heads.
        confidence_level: Of the intervals.
        **settings: Further arguments of `fit_head`: `kind`, `penalties`, `n_folds`.

    Raises:
        InvalidInputError: labels of two classes are not 0 and 1, shares do not rise, or lengths
            differ.
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
    values, ids = feature_values(features), encode("patient id", patients, ids=True).texts
    codes, names = _coded(labels)
    check_same_length(features=values, labels=codes, patients=ids)
    check_integer("n_repeats", n_repeats, minimum=1)
    parts = [check_number("shares", one, low=0, high=1, open_low=True) for one in shares]
    if len(parts) < 2 or sorted(set(parts)) != parts:
        raise InvalidInputError(f"`shares` must be two or more that rise, got {list(shares)}.")
    width = () if len(names) < 3 else (len(names),)
    scores = np.zeros((n_repeats, len(parts), len(values), *width))
    counts = np.zeros(len(parts))
    folds = list(PatientKFold(n_splits, seed=seed).split(values, codes, ids))
    for repeat in range(n_repeats):
        for fold, (train, test) in enumerate(folds):
            order = _order(codes[train], ids[train], seed=seed, repeat=repeat, fold=fold)
            for place, share in enumerate(parts):
                rows = train[_taken(order, ids[train], share)]
                counts[place] += len(np.unique(ids[rows]))
                scores[repeat, place, test] = _fitted(
                    values, codes, ids, rows, names=names, share=share, seed=seed, **settings
                ).scores(values[test])
    rank = _Rank(codes, ids, names, confidence_level)
    estimates = tuple(
        _averaged([rank.estimate(each[place]) for each in scores]) for place in range(len(parts))
    )
    gain = _averaged([rank.gain(each[-1], each[-2]) for each in scores])
    counts /= n_repeats * len(folds)
    return LearningCurve(tuple(counts.tolist()), estimates, gain, rank.measure)


def _coded(labels: ArrayLike) -> tuple[Labels, list[str]]:
    """Return classes as numbers from 0, and their names."""
    if any(map(is_missing, listed("labels", labels))):
        raise InvalidInputError("A class is missing (nan). Leave out the rows without one.")
    given = np.asarray(labels)
    found, codes = np.unique(given, return_inverse=True)
    if set(found.tolist()) <= {0, 1}:
        return given.astype(np.int64), ["0", "1"]
    if len(found) < 3:
        raise InvalidInputError(
            f"`labels` of two classes must be 0 and 1, or False and True, got {found.tolist()}. "
            "Write 1 where an image is positive."
        )
    return codes.astype(np.int64), [str(name) for name in found.tolist()]


@dataclass(frozen=True, eq=False)
class _Rank:
    """How scores of all rows are ranked: by the AUROC, or by its mean over several classes."""

    codes: Labels
    patients: Texts
    names: Sequence[str]
    confidence_level: float

    @property
    def measure(self) -> str:
        return "auroc" if len(self.names) < 3 else "macro_auroc"

    @property
    def _more(self) -> dict[str, Any]:
        return {"patients": self.patients, "confidence_level": self.confidence_level}

    def estimate(self, scores: Scores) -> Estimate:
        """Return the estimate of scores, shape `(n_rows,)` or `(n_rows, n_classes)`."""
        if len(self.names) < 3:
            return auroc(self.codes, scores, **self._more)
        columns = check_class_columns(self.codes, scores, self.patients, classes=self.names)
        settings = Settings(None, self.confidence_level)
        return class_measure_of(self.measure).estimate(columns, settings)

    def gain(self, more: Scores, fewer: Scores) -> Estimate:
        """Return the paired difference of two sets of scores."""
        if len(self.names) < 3:
            return compare_models(self.codes, more, fewer, **self._more).difference
        return compare_multiclass(
            self.codes, more, fewer, classes=self.names, measure=self.measure, **self._more
        ).difference


def _fitted(
    values: NDArray[np.float32],
    codes: Labels,
    patients: Texts,
    rows: Rows,
    *,
    names: Sequence[str],
    share: float,
    **settings: Any,
) -> FeatureHead:
    """Return a head of all classes fitted on some rows.

    Raises:
        ImpossibleSplitError: too few patients of a class are among them.
    """
    try:
        head = fit_head(values[rows], codes[rows], patients[rows], **settings)
    except ImpossibleSplitError as error:
        raise _too_few(share, str(error)) from error
    if len(head.classes) < len(names):
        lacking = sorted(set(range(len(names))) - set(head.classes))
        raise _too_few(share, f"it holds no image of {name_some(names[k] for k in lacking)}.")
    return head


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


def _order(codes: Labels, patients: Texts, *, seed: int, repeat: int, fold: int) -> list[Texts]:
    """Return the patients of each class in a random order, each patient once.

    Of two classes those with a positive image come first; of several a patient is among those of
    the class that the fewest patients have.
    """
    random = generator(seed, "learning curve", repeat, fold)
    of_class = {code: np.unique(patients[codes == code]) for code in np.unique(codes)[::-1]}
    if len(of_class) > 2:
        of_class = dict(sorted(of_class.items(), key=lambda each: len(each[1])))
    groups, taken = list[Texts](), np.array([], dtype=patients.dtype)
    for group in of_class.values():
        groups.append(random.permutation(np.setdiff1d(group, taken)))
        taken = np.union1d(taken, group)
    return groups


def _taken(order: Sequence[Texts], patients: Texts, share: float) -> Flags:
    first = [group[: math.ceil(share * len(group))] for group in order]
    return np.isin(patients, np.concatenate(first))


def _too_few(share: float, why: str) -> ImpossibleSplitError:
    return ImpossibleSplitError(
        f"A share of {share:g} of the training patients is too few to choose a penalty: {why} "
        "Give larger `shares`, or one number as `penalties`."
    )
