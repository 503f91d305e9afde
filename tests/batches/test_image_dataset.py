"""Every row once and in order, whatever Keras does with it."""

from typing import Any

import numpy as np
import pytest
from coded_images import rows_in
from recording_model import row_model

from prevalens.batches import ImageDataset
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras

ROWS = np.array([30, 2, 5, 9, 11, 0, 17])


def make(cohort: Cohort, rows: Any = ROWS, **settings: Any) -> ImageDataset:
    """Return a dataset of seven rows in batches of 3, 3 and 1."""
    return ImageDataset(cohort, rows, **{"image_size": 4, "batch_size": 3, **settings})


def test_batches_hold_every_row_once_in_order(coded_cohort: Cohort) -> None:
    """Iterating gives batches of 3, 3 and 1 with images as uint8 and 1.0 for sick."""
    batches = list(make(coded_cohort))
    assert [rows_in(batch) for batch in batches] == [[30, 2, 5], [9, 11, 0], [17]]
    images, labels = batches[0]
    assert (images.dtype, images.shape) == (np.uint8, (3, 4, 4, 3))
    assert (labels.dtype, labels.tolist()) == (np.float32, [0.0, 1.0, 1.0])


def test_predict_of_a_model_not_built_yet_is_in_order(coded_cohort: Cohort) -> None:
    """Prediction k is of row k, also where Keras builds the model from the first batch."""
    predicted = row_model().predict(make(coded_cohort), verbose=0)
    assert predicted[:, 0].tolist() == ROWS.tolist()


def test_predict_is_in_order_where_two_workers_were_forced(coded_cohort: Cohort) -> None:
    """Asking for Keras workers is refused; forcing them behind the setter changes nothing."""
    dataset = make(coded_cohort)
    with pytest.raises(InvalidInputError, match=r"must stay 1, got 2.*`threads`"):
        dataset.workers = 2
    with pytest.raises(InvalidInputError, match="must stay False"):
        dataset.use_multiprocessing = True
    dataset._workers = 2
    dataset._use_multiprocessing = True
    assert row_model().predict(dataset, verbose=0)[:, 0].tolist() == ROWS.tolist()


def test_bad_settings_are_refused_by_name(coded_cohort: Cohort) -> None:
    """Each refusal names the argument and what came."""
    with pytest.raises(InvalidInputError, match=r"`batch_size` must be .* >= 1, got 0"):
        make(coded_cohort, batch_size=0)
    with pytest.raises(InvalidInputError, match=r"`image_size` must be .* >= 1, got 0"):
        make(coded_cohort, image_size=(8, 0))
    with pytest.raises(InvalidInputError, match=r"0 to 30.* but 31 came"):
        make(coded_cohort, [3, 31])
    with pytest.raises(InvalidInputError, match="each row once, but 3 came"):
        make(coded_cohort, [3, 3])
    with pytest.raises(InvalidInputError, match="at least one row"):
        make(coded_cohort, [])
    with pytest.raises(InvalidInputError, match=r"`threads`"):
        make(coded_cohort, threads=-1)
