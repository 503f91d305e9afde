"""Rows in, arrays out: what one batch holds."""

import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_kind, name_some
from prevalens._columns import as_rows
from prevalens.augmentation.policy import AugmentationPolicy, Parameters
from prevalens.batches.epoch_augmentation import EpochAugmentation
from prevalens.batches.image_source import ImageSource, Size
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.pixel_cache import PixelCache
from prevalens.typing import Rows, Scores

Batch: TypeAlias = tuple[Any, ...]
Column: TypeAlias = np.ndarray[Any, Any]


class BatchReader:
    """Reads images, covariates, labels and weights of any rows of a cohort.

    Args:
        cohort: The cohort the rows point into.
        image_size: Side in pixels of square images, or `(height, width)`.
        covariates: Names of numeric covariates that stand beside the image.
        targets: What to learn in place of the label, shape `(n_rows,)` or `(n_rows, n_targets)`
            with a row for each of the cohort.
        sample_weights: Weight of each row of the cohort in the loss, shape `(n_rows,)`, >= 0.
        cache: Keeps decoded images.
        decoder: `"pillow"` or `"opencv"`.
        on_unreadable: `"raise"`, or `"skip"` to leave out images that cannot be read.
        n_skipped_at_most: How many different rows may be left out before it is an error.
        augmentation: Changes images by what `draw` gives; by default none are changed.
        seed: Seed of those draws, at least 0.
    """

    def __init__(
        self,
        cohort: Cohort,
        *,
        image_size: Size,
        covariates: Sequence[str] = (),
        targets: ArrayLike | None = None,
        sample_weights: ArrayLike | None = None,
        cache: PixelCache | None = None,
        decoder: str = "pillow",
        on_unreadable: str = "raise",
        n_skipped_at_most: int = 0,
        augmentation: AugmentationPolicy | None = None,
        seed: int = 0,
    ) -> None:
        self.unreadable: dict[int, str] = {}
        self.cohort = cohort
        self.source = ImageSource(cohort, image_size=image_size, cache=cache, decoder=decoder)
        self._covariates = _numbers(cohort, covariates)
        self._targets = _labels(cohort) if targets is None else _column("targets", targets, cohort)
        self._weights = None if sample_weights is None else _weights(sample_weights, cohort)
        self._skips = check_choice("on_unreadable", on_unreadable, ("raise", "skip")) == "skip"
        self._n_skipped_at_most = n_skipped_at_most
        self._augmentation = (
            None
            if augmentation is None
            else EpochAugmentation(
                augmentation,
                seed=seed,
                labels=_labels(cohort).astype(np.int64),
                n_classes=len(cohort.classes),
                image_size=self.source.size,
            )
        )

    def identity(self, rows: Rows) -> dict[str, Any]:
        """Return what decides the batch of any rows; the files are looked at for `rows` only."""
        columns = [self._targets, self._covariates, self._weights]
        shown = [
            repr(each) if each is None else (each.dtype.str, each.tobytes()) for each in columns
        ]
        policy = None if self._augmentation is None else self._augmentation.identity()
        return {
            "cohort": self.cohort.fingerprint,
            "columns": hashlib.sha256(repr(shown).encode()).hexdigest(),
            "augmentation": policy,
            **self.source.identity(rows),
        }

    def draw(self, rows: Rows, *, epoch: int, first: int) -> Parameters | None:
        """Draw how the images that stand at `first` and after in `epoch` change; None if none do.

        Args:
            rows: Rows of the cohort, shape `(n,)`.
            epoch: Number of the epoch.
            first: Position in the epoch of the first of them.
        """
        if self._augmentation is None:
            return None
        return self._augmentation.draw(rows, epoch=epoch, first=first)

    def read(
        self,
        rows: Rows,
        *,
        weights: Scores | None = None,
        parameters: Parameters | None = None,
    ) -> Batch:
        """Return one batch.

        Args:
            rows: Rows of the cohort, shape `(batch,)`.
            weights: Further weights of these rows, multiplied with those of the cohort.
            parameters: How each image changes, from `draw`; by default none does.

        Returns:
            `(inputs, labels)`, or `(inputs, labels, weights)` where there are weights. The inputs
            are images, uint8 `(batch, height, width, 3)`, or `(images, covariates)` with
            covariates float32 `(batch, n_covariates)`.

        Raises:
            UnreadableImageError: a file cannot be read; the text names it and its row.
        """
        images, failures = self.source.read(rows)
        if failures:
            good = self._note(rows, failures)
            rows, images = rows[good], images[good]
            weights = None if weights is None else weights[good]
            parameters = take_rows(parameters, good)
        if self._augmentation is not None and parameters is not None:
            images = self._augmentation.apply(images, parameters)
        inputs = images if self._covariates is None else (images, self._covariates[rows])
        labels = self._targets[rows]
        if self._weights is None and weights is None:
            return inputs, labels
        own = np.ones(len(rows)) if self._weights is None else self._weights[rows]
        return inputs, labels, (own * (1.0 if weights is None else weights)).astype(np.float32)

    def _note(self, rows: Rows, failures: dict[int, str]) -> Rows:
        named = {int(rows[place]): text for place, text in failures.items()}
        if not self._skips:
            raise UnreadableImageError(
                f"{len(named)} of {len(rows)} images of a batch cannot be read: {_listed(named)}."
            )
        self.unreadable |= named
        if len(self.unreadable) > self._n_skipped_at_most or len(failures) == len(rows):
            raise UnreadableImageError(
                f"{len(self.unreadable)} images could not be read, and at most "
                f"{self._n_skipped_at_most} (1 % of the rows) and never a whole batch may be "
                f"skipped: {_listed(self.unreadable)}. Mend those files, or leave their rows out."
            )
        return np.setdiff1d(np.arange(len(rows)), list(failures))


def take_rows(parameters: Parameters | None, places: Rows) -> Parameters | None:
    """Return the drawn parameters at these places; None where nothing was drawn."""
    if parameters is None:
        return None
    return {name: values[places] for name, values in parameters.items()}


def _listed(failures: dict[int, str], *, limit: int = 10) -> str:
    shown = [f"row {row}: {text.rstrip('.')}" for row, text in sorted(failures.items())[:limit]]
    rest = len(failures) - limit
    return "; ".join(shown) + (f"; and {rest} more" if rest > 0 else "")


def _labels(cohort: Cohort) -> Column:
    # A sigmoid wants 0.0 and 1.0, a softmax with sparse cross-entropy the index of the class.
    return cohort.is_positive.astype(np.float32) if len(cohort.classes) == 2 else cohort.labels


def _column(name: str, values: Any, cohort: Cohort) -> Column:
    column = np.asarray(values)
    if column.ndim not in {1, 2} or len(column) != len(cohort) or column.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"`{name}` must hold numbers with one row per image of the cohort, which has "
            f"{len(cohort)}, got {column.dtype} of shape {column.shape}. Give all rows of the "
            "cohort, not those of one part, and write texts and truth values as numbers."
        )
    column = column if column.dtype.kind == "i" else column.astype(np.float32)
    absent = ~np.isfinite(column) | np.ma.getmaskarray(values)
    if absent.any():
        raise InvalidInputError(
            f"`{name}` must be finite, but rows "
            f"{name_some(np.unique(np.argwhere(absent)[:, 0]).tolist())} are not. "
            "Fill them in, or leave those rows out of the cohort."
        )
    return column


def _weights(values: ArrayLike, cohort: Cohort) -> Column:
    weights = _column("sample_weights", values, cohort)
    if weights.ndim != 1 or (weights < 0).any():
        raise InvalidInputError(
            f"`sample_weights` must be one number >= 0 per image, got shape {weights.shape} with "
            f"minimum {weights.min():g}. Give the weights of the rows in one column."
        )
    return weights


def _numbers(cohort: Cohort, names: Sequence[str]) -> Column | None:
    if isinstance(names, str):
        raise InvalidInputError(
            f"`covariates` must be a list of names, got {names!r}. Write [{names!r}]."
        )
    if not len(names):
        return None
    columns = [_column(f"covariates[{name!r}]", cohort.covariate(name), cohort) for name in names]
    return np.stack(columns, axis=1).astype(np.float32)


def check_rows(rows: ArrayLike, *, cohort: Cohort) -> Rows:
    """Return rows of the cohort as int64 `(n_kept,)`, or say which lie outside or repeat."""
    check_kind("cohort", cohort, Cohort)
    array = as_rows("rows", rows, len(cohort))
    if array.size == 0:
        raise InvalidInputError(
            "`rows` must name at least one row, for example `partition.train`, got none."
        )
    found, counts = np.unique(array, return_counts=True)
    if len(found) != len(array):
        raise InvalidInputError(
            f"`rows` must name each row once, but {name_some(found[counts > 1].tolist())} came "
            "more than once. Give each once."
        )
    return array
