"""Every minority image each epoch, and a fresh draw from the larger classes."""

from typing import Any, Unpack

from numpy.typing import ArrayLike

from prevalens.batches.batch_reader import check_rows
from prevalens.batches.epoch_dataset import EpochDataset, Feeding
from prevalens.batches.image_source import Size
from prevalens.batches.sampler_plan import SamplerPlan
from prevalens.batches.strata import strata_of
from prevalens.batches.undersampling import EpochPlan, Ratio, UndersamplingPlan
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows


class UndersampledDataset(EpochDataset):
    """Shows every minority image each epoch, and a fresh draw from the larger classes.

    The draws walk through a class without repeats until all of it has been seen. What a batch
    holds is a function of `(seed, epoch, position)` alone. `fit` must be told to follow:
    `model.fit(dataset, callbacks=[dataset.follow_epochs()])`; without it `fit` is refused, since
    every epoch would show the same draw. Batches come in the dataset's own order, which is
    already shuffled: `fit(shuffle=...)` changes nothing. `evaluate` and `predict` see the draw of
    epoch 0, in order, and never an augmented image.

    Each batch is `(images, labels)`: images uint8 `(batch, height, width, 3)`, 0 to 255; labels
    `(batch,)`, float32 with 1 for positive where there are two classes, else the int64 index of
    the class. The last batch holds what is left.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to draw from, for example `partition.train`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch, over all processes.
        ratio: Size of the smallest class over the most that any other may show, in (0, 1], by
            default 1.0; or imbalanced-learn's words, a count by class name, or a function (see
            `epoch_counts`). `{}` shows every row, in a new order each epoch.
        seed: Seed of the draws, at least 0.
        unit: `"image"` draws images alike; `"patient"` spreads the draw evenly over patients.
        sampler: One of imbalanced-learn's samplers that exposes `sample_indices_`, in place of
            `ratio` and `unit`.
        features: What the sampler sees, `(n_rows, n_features)` with a row for each of the cohort.
        strata: What is balanced in place of the label, a text for each row of the cohort, for
            example from `label_combinations`.
        balanced_batches: Whether each batch, not the epoch only, has the classes of the cohort in
            the shares of the epoch.
        **feeding: How rows are read, all of it optional: `covariates`, names of numeric ones
            (inputs become `(images, covariates)`); `targets`, what to learn in place of the label,
            `(n_rows,)` or `(n_rows, n_targets)` with a row for each of the cohort;
            `sample_weights` of the rows of the cohort, >= 0 (batches become `(inputs, labels,
            weights)`); `cache`, a PixelCache; `decoder`, `"pillow"` or `"opencv"`;
            `augmentation`, what the reading threads change in the images, as bytes: image k of an
            epoch by row k of `augmentation.draw(..., seed=seed, epoch=epoch)`, a chance per class
            by the label of the image's class (a `RandomAugmentation` in the model is the other
            way); `on_unreadable`, `"raise"` or `"skip"` to leave out images that cannot be read,
            up to 1 % of `rows`, counted and listed in the history and in `unreadable`; `shard`,
            `(index, count)` of this process or `"auto"`; `divisible_by`, of which each share has
            a multiple of rows, filled up with copies of weight 0; `threads` that read ahead, by
            default one a core and at most 8, which change the speed and nothing else.

    Attributes:
        train_prevalence: Share of positive images in what the first epoch shows, in [0, 1].
        cohort_prevalence: Share of positive images in `rows`, in [0, 1].
        train_shares: Share of each class in what the first epoch shows, by its name.
        cohort_shares: Share of each class in `rows`, by its name.

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a class has no rows, the
            ratio cannot be met, a size is below 1, a column is of the wrong length, or the
            augmentation does not fit the classes or the size.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> from prevalens.cohorts import make_cells
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=6, images_per_patient=4, image_size=32)
        ...     rows = np.arange(len(cells))
        ...     train = UndersampledDataset(cells, rows, image_size=32, batch_size=4, seed=0)
        ...     labels = np.concatenate([train[k][1] for k in range(len(train))])
        >>> float(labels.mean())  # of 8 and 16 images
        0.5
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        *,
        image_size: Size,
        batch_size: int,
        ratio: Ratio | None = None,
        seed: int,
        unit: str = "image",
        strata: ArrayLike | None = None,
        balanced_batches: bool = False,
        sampler: Any = None,
        features: ArrayLike | None = None,
        **feeding: Unpack[Feeding],
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        plan = choose_plan(
            kept,
            cohort=cohort,
            ratio=ratio,
            seed=seed,
            unit=unit,
            strata=strata,
            sampler=sampler,
            features=features,
        )
        super().__init__(
            cohort,
            kept,
            plan,
            image_size=image_size,
            batch_size=batch_size,
            seed=seed,
            balanced_batches=balanced_batches,
            feeding=feeding,
        )


def choose_plan(
    rows: Rows,
    *,
    cohort: Cohort,
    ratio: Ratio | None,
    seed: int,
    unit: str,
    strata: ArrayLike | None,
    sampler: Any,
    features: ArrayLike | None,
) -> EpochPlan:
    """Return the plan that a ratio or a sampler asks for; refuse settings that would do nothing.

    Raises:
        InvalidInputError: both are given, or features without a sampler.
    """
    if sampler is not None:
        if ratio is not None or unit != "image" or strata is not None:
            raise InvalidInputError(
                f"A `sampler` decides by itself what to draw, so `ratio` ({ratio!r}), `unit` "
                f"({unit!r}) and `strata` would do nothing. Leave them out, or set the sampler's "
                "own `sampling_strategy`."
            )
        return SamplerPlan(sampler, rows, cohort=cohort, features=features, seed=seed)
    if features is not None:
        raise InvalidInputError(
            "`features` are for a `sampler`, and none was given. Leave them out, or give one."
        )
    labels, classes = strata_of(rows, cohort=cohort, strata=strata)
    return UndersamplingPlan(
        rows,
        labels=labels,
        patients=cohort.patients[rows],
        classes=classes,
        ratio=1.0 if ratio is None else ratio,
        seed=seed,
        unit=unit,
    )
