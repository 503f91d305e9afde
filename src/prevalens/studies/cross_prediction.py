"""Score every image by a model that never saw its patient."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np

from prevalens._checks import check_integer, check_kind, check_path
from prevalens._processes import leave_with
from prevalens._records import Record, Share
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate
from prevalens.predictions.fold_estimates import within_folds
from prevalens.predictions.predictions import Predictions
from prevalens.splits.partition import Partition
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.studies.fold import Build, Fold
from prevalens.studies.plan_facts import names_of
from prevalens.typing import Labels, Numbers

_SCORES = "scores.json"


class FoldScores(Record, frozen=True, kw_only=True):
    """The scores of one fold's held-out rows, and of what they are."""

    FORMAT: ClassVar[str] = "prevalens fold scores"
    REMEDY: ClassVar[str] = "Remove the file, and the fold is trained again."
    cohort_fingerprint: str
    partition: str
    settings: dict[str, Any]
    scores: list[list[Share]]


@dataclass(frozen=True, eq=False)
class CrossPredictions:
    """Out-of-fold scores of every image of a cohort.

    Args:
        predictions: One row per image of the cohort, in its order, with the covariates `fold` (of
            the first repeat); where the cohort was cut several times, its mean score.
        folds: Fold that held each row out, shape `(n_repeats, n_rows)`.
        scores: Scores by repeat, shape `(n_repeats, n_rows)` or `(n_repeats, n_rows, n_classes)`.
        partitions: The partition of each fold, repeat by repeat.

    Examples:
        >>> import numpy as np
        >>> from prevalens.cohorts import Cohort
        >>> from prevalens.studies import cross_predict
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(8)], labels=["ill", "well"] * 4,
        ...     patients=[f"p{k // 2}" for k in range(8)], positive="ill",
        ... )
        >>> def build(cohort, fold):
        ...     return lambda cohort, rows: np.full(len(rows), 0.5)
        >>> made = cross_predict(cohort, build, n_splits=2)
        >>> made.folds.shape, len(made.predictions)
        ((1, 8), 8)
    """

    predictions: Predictions
    folds: Labels
    scores: Numbers
    partitions: tuple[Partition, ...]

    def __repr__(self) -> str:
        repeats, rows = self.folds.shape
        return (
            f"CrossPredictions({rows} images, {int(self.folds.max()) + 1} folds, "
            f"{repeats} {'repeat' if repeats == 1 else 'repeats'})"
        )

    def within_folds(
        self,
        measure: str = "auroc",
        *,
        threshold: float | None = None,
        confidence_level: float = 0.95,
    ) -> Estimate:
        """Compute the mean over folds of a measure: what one fold's model is worth.

        Scores of different models need not mean the same, so a rank measure over the pooled
        scores (`predictions`) answers another question: it also counts pairs of images that two
        models scored. Report both.

        Args:
            measure: Key of a measure, see `prevalens.metrics`.
            threshold: Threshold where the measure needs one, in [0, 1].
            confidence_level: Of the interval, in (0, 1).

        Raises:
            InvalidInputError: the measure is unknown, or needs a threshold.
        """
        return within_folds(
            self.predictions.with_scores(self.scores[0]),
            self.folds[0],
            measure,
            threshold=threshold,
            confidence_level=confidence_level,
        )


def cross_predict(
    cohort: Cohort,
    build: Build,
    *,
    n_splits: int = 5,
    n_repeats: int = 1,
    validation: float = 0.0,
    strata: tuple[str, ...] = (),
    seed: int = 0,
    train_prevalence: float | Sequence[float] | None = None,
    folder: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    n_jobs: int | None = 1,
    progress: Callable[[Fold], None] | None = None,
) -> CrossPredictions:
    """Train a model for each fold of patients, and score every image by the one that held it out.

    Args:
        cohort: The cohort; patients stay whole.
        build: Trains on a fold: called with the cohort and a `Fold`, returns a model with
            `predict(cohort, rows)`, or such a function; scores `(n,)`, `(n, 1)` or
            `(n, n_classes)` in [0, 1]. For several jobs it must be picklable.
        n_splits: Number of folds, at least 2.
        n_repeats: How many times the cohort is cut anew; scores are then averaged per image.
        validation: Share of the cohort set aside in each fold for choosing (early stops,
            thresholds), in [0, 1).
        strata: Covariates balanced over the folds as well.
        seed: Seed of the folds; each fold trains with a seed of its own, drawn from it.
        train_prevalence: Prevalence of the positive class that `build` trains at, in (0, 1), where
            it is not the cohort's, or of each of several classes; kept in the predictions for the
            correction.
        folder: Folder in which each fold keeps its scores and its own files. A study that was
            killed goes on with the folds that are not there; the result is the same to the bit.
        settings: What decides the result of `build`, as plain values; a folder that was written
            with other settings is refused. What the image files hold is not looked at: where they
            may change between two starts, put their hashes (`hash_files`) here.
        n_jobs: Folds trained at once, by joblib's configured backend (processes, Dask, Ray);
            None follows `joblib.parallel_config`.
        progress: Called with each fold as it is finished, or read from its folder.

    Returns:
        The scores of every image, with the folds.

    Raises:
        InvalidInputError: an argument breaks its rule, `folder` holds another study, or `build`
            returned scores of a wrong shape or range.
        ImpossibleSplitError: some fold would have no patient of a class.

    Examples:
        >>> import numpy as np
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(8)], labels=["ill", "well"] * 4,
        ...     patients=[f"p{k // 2}" for k in range(8)], positive="ill",
        ... )
        >>> def build(cohort, fold):
        ...     share = cohort.is_positive[fold.partition.train].mean()
        ...     return lambda cohort, rows: np.full(len(rows), share)
        >>> cross_predict(cohort, build, n_splits=2)
        CrossPredictions(8 images, 2 folds, 1 repeat)
    """
    check_kind("cohort", cohort, Cohort)
    check_integer("n_repeats", n_repeats, minimum=1)
    # Workers of processes that began in another folder must see the same files.
    cohort = replace(cohort, root=cohort.root.absolute())
    root = None if folder is None else Path(check_path("folder", folder)).absolute()
    plan: list[Fold] = []
    for repeat in range(n_repeats):
        # The sequence of seeds keeps repeats apart; the first is the plain seed.
        own = seed if repeat == 0 else _drawn([seed, repeat])
        splitter = PatientKFold(n_splits, seed=own, strata=strata)
        parts = splitter.partitions(cohort, validation=validation)
        for number, partition in enumerate(parts):
            fold = Fold(number, repeat, _drawn([seed, repeat, number + 1]), partition, None)
            at = None if root is None else root / fold.name
            plan.append(replace(fold, folder=at))
    given = dict(settings or {})
    jobs = (joblib.delayed(_scored)(os.getpid(), cohort, build, fold, given) for fold in plan)
    found = []
    for fold, scores in zip(plan, _runner(n_jobs)(jobs), strict=True):
        found.append(scores)
        if progress is not None:
            progress(fold)
    return _joined(cohort, plan, found, n_repeats=n_repeats, train_prevalence=train_prevalence)


def _runner(n_jobs: int | None) -> joblib.Parallel:
    """Run jobs, each result given as it is there where the backend can; Ray's gives all at once."""
    try:
        return joblib.Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:
        return joblib.Parallel(n_jobs=n_jobs)


def _drawn(key: list[int]) -> int:
    return int(np.random.SeedSequence(key).generate_state(1)[0])


def _scored(by: int, cohort: Cohort, build: Build, fold: Fold, settings: dict[str, Any]) -> Numbers:
    """Return the scores of a fold's held-out rows, from its folder where they are there."""
    leave_with(by)
    identity = {
        "cohort_fingerprint": cohort.fingerprint,
        "partition": fold.partition.to_dict()["checksum"],
        "settings": settings,
    }
    path = fold.folder / _SCORES if fold.folder else None
    if path is not None and path.exists():
        kept = FoldScores.load(path)
        for name, value in identity.items():
            if getattr(kept, name) != value:
                raise InvalidInputError(
                    f"{path} belongs to another study: its {name.replace('_', ' ')} differs"
                    f"{_differing(getattr(kept, name), value)}. Name another folder, or remove "
                    "this one."
                )
        return np.asarray(kept.scores, dtype=np.float64)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    model = build(cohort, fold)
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise InvalidInputError(
            f"`build` must return a model with `predict(cohort, rows)` or such a function, got "
            f"{type(model).__name__}."
        )
    scores = _checked(predict(cohort, fold.partition.test), cohort, fold)
    if path is not None:
        FoldScores(scores=scores.tolist(), **identity).save(path)
    return scores


def _differing(kept: Any, now: Any) -> str:
    """Return which settings differ, by name, with both values where they are short."""
    if not isinstance(kept, dict) or not isinstance(now, dict):
        return ""
    named = sorted(name for name in {*kept, *now} if kept.get(name) != now.get(name))
    return f" ({', '.join(_change(name, kept.get(name), now.get(name)) for name in named)})"


def _change(name: str, before: Any, after: Any) -> str:
    is_short = len(f"{before!r}{after!r}") <= 48
    return f"{name} was {before!r} and is {after!r}" if is_short else name


def _checked(scores: Any, cohort: Cohort, fold: Fold) -> Numbers:
    """Return scores as `(n, k)`, refused where they are no scores of the held-out rows."""
    made = np.asarray(scores, dtype=np.float64)
    made = made[:, np.newaxis] if made.ndim == 1 else made
    rows, wide = len(fold.partition.test), len(names_of(cohort))
    if made.ndim != 2 or made.shape[0] != rows or made.shape[1] not in {1, wide}:
        raise InvalidInputError(
            f"`build` must give one score per held-out row, (n,), (n, 1) or (n, "
            f"{wide}), got {np.shape(scores)} for {rows} rows of {fold.name}."
        )
    if not np.all((made >= 0) & (made <= 1)):
        raise InvalidInputError(
            f"Scores lie in [0, 1], but those of {fold.name} reach from {np.min(made):g} to "
            f"{np.max(made):g}. Return probabilities, not logits."
        )
    return made


def _joined(
    cohort: Cohort,
    plan: list[Fold],
    found: list[Numbers],
    *,
    n_repeats: int,
    train_prevalence: float | Sequence[float] | None,
) -> CrossPredictions:
    width = found[0].shape[1]
    scores = np.full((n_repeats, len(cohort), width), np.nan)
    folds = np.full((n_repeats, len(cohort)), -1, dtype=np.int64)
    for fold, part in zip(plan, found, strict=True):
        if part.shape[1] != width:
            raise InvalidInputError(
                f"Every fold gives as many scores per row, but {plan[0].name} gave {width} and "
                f"{fold.name} {part.shape[1]}."
            )
        scores[fold.repeat, fold.partition.test] = part
        folds[fold.repeat, fold.partition.test] = fold.number
    scores = scores[..., 0] if width == 1 else scores
    predictions = Predictions.of(
        cohort, np.arange(len(cohort)), scores.mean(axis=0), train_prevalence=train_prevalence
    )
    covariates = dict(predictions.covariates or {}) | {"fold": folds[0]}
    return CrossPredictions(
        replace(predictions, covariates=covariates),
        folds,
        scores,
        tuple(fold.partition for fold in plan),
    )
