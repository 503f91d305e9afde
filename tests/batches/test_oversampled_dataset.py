"""Every image each epoch, and the smaller class again, each showing changed in its own way."""

from collections import Counter

import keras
import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Rotation
from prevalens.batches import OversampledDataset
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras


def make(cohort: Cohort, **settings: object) -> OversampledDataset:
    """Return a dataset of all rows in batches of twelve."""
    return OversampledDataset(
        cohort,
        np.arange(len(cohort)),
        **{"image_size": 4, "batch_size": 12, "seed": 0, "threads": 1, **settings},  # type: ignore[arg-type]
    )


def test_the_smaller_class_is_shown_as_often_as_the_larger(coded_cohort: Cohort) -> None:
    """Seven sick and 24 well: 24 of each, a sick image three times or four."""
    made = make(coded_cohort)
    times = Counter(made.rows_of(0).tolist())

    assert sorted(times[row] for row in range(7)) == [3, 3, 3, 3, 4, 4, 4]
    assert all(times[row] == 1 for row in range(7, 31))
    assert (made.train_prevalence, made.cohort_prevalence) == (0.5, 7 / 31)
    assert len(made) == 4


def test_each_showing_has_a_change_of_its_own(image_cohort: Cohort) -> None:
    """Of an image that is shown several times in an epoch no two pictures are alike."""
    policy = AugmentationPolicy([Rotation(degrees=180)])
    made = make(image_cohort, image_size=16, augmentation=policy)
    images = np.concatenate([batch[0] for batch in made.batches_of(0)])
    rows = made.rows_of(0)
    often, count = Counter(rows.tolist()).most_common(1)[0]
    shown = {images[place].tobytes() for place in np.flatnonzero(rows == often)}

    assert len(shown) == count > 1


def test_fit_must_follow_and_then_trains(coded_cohort: Cohort) -> None:
    """Without the follower `fit` is refused; with it every epoch is shown."""
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D()])
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile("sgd", "binary_crossentropy")
    made = make(coded_cohort)
    with pytest.raises(InvalidInputError, match="follow_epochs"):
        model.fit(made, verbose=0)
    history = model.fit(made, epochs=2, verbose=0, callbacks=[made.follow_epochs()])
    assert len(history.history["loss"]) == 2
