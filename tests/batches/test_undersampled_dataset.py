"""What `fit` is shown by the undersampling dataset, on whichever backend runs."""

import random
from typing import Any

import numpy as np
import pytest
from coded_images import rows_in
from recording_model import recording_model, shown

from prevalens.batches import UndersampledDataset
from prevalens.batches.undersampled_dataset import first_batch
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras

EVERY = np.arange(31)


def make(cohort: Cohort, **settings: Any) -> UndersampledDataset:
    """Return a dataset of 14 images an epoch: batches of 4, 4, 4 and 2."""
    return UndersampledDataset(
        cohort, EVERY, **{"image_size": 4, "batch_size": 4, "seed": 3, **settings}
    )


def planned(cohort: Cohort, epochs: range, **settings: Any) -> list[list[int]]:
    """Return the rows of each batch of these epochs, read one by one without Keras."""
    dataset = make(cohort, **settings)
    return [rows_in(dataset.batch_at(e, k)) for e in epochs for k in range(len(dataset))]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_fit_is_shown_each_epoch_once_and_in_order(
    coded_cohort: Cohort, shuffle: bool, threads: int
) -> None:
    """Whatever Keras shuffles and however many threads read, `fit` gets the planned batches."""
    random.seed(20 * threads + shuffle)
    dataset, model = make(coded_cohort, threads=threads), recording_model()
    model.fit(dataset, epochs=3, shuffle=shuffle, callbacks=[dataset.follow_epochs()], verbose=0)
    assert shown(model) == planned(coded_cohort, range(3))


def test_a_second_fit_and_initial_epoch_go_on_where_asked(coded_cohort: Cohort) -> None:
    """A run stopped after two epochs and resumed at the third shows what one run would."""
    dataset, model = make(coded_cohort), recording_model()
    follow = dataset.follow_epochs()
    model.fit(dataset, epochs=2, callbacks=[follow], verbose=0)
    model.fit(dataset, initial_epoch=2, epochs=4, callbacks=[follow], verbose=0)
    assert shown(model) == planned(coded_cohort, range(4))


def test_fit_without_following_is_refused(coded_cohort: Cohort) -> None:
    """Forgetting the callback is an error that says what to pass, before anything is trained."""
    dataset, model = make(coded_cohort), recording_model()
    with pytest.raises(InvalidInputError, match=r"callbacks=\[dataset\.follow_epochs\(\)\]"):
        model.fit(dataset, epochs=2, verbose=0)
    other = make(coded_cohort)
    with pytest.raises(InvalidInputError, match="follow_epochs"):
        model.fit(dataset, epochs=2, callbacks=[other.follow_epochs()], verbose=0)
    assert shown(model) == []


def test_prevalences_are_hand_counted(coded_cohort: Cohort) -> None:
    """Seven of fourteen shown, seven of thirty-one there."""
    dataset = make(coded_cohort)
    assert dataset.train_prevalence == 0.5
    assert dataset.cohort_prevalence == 7 / 31


@pytest.mark.parametrize(
    ("epoch", "steps", "length", "expected"),
    [(3, 5, 5, 15), (3, 2, 4, 6), (2, 4, 10, 8), (3, 4, 10, 10), (2, 9, 5, 10)],
)
def test_first_batch_counts_what_keras_has_shown(
    epoch: int, steps: int, length: int, expected: int
) -> None:
    """With 10 batches, 4 a Keras epoch: 4, 4 and then the 2 left, so epoch 3 starts at 10."""
    assert first_batch(epoch, steps, length) == expected
