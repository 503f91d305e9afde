"""What one batch holds."""

from pathlib import Path

import numpy as np
import pytest
from coded_images import make_coded_cohort, rows_in

from prevalens.batches.batch_reader import BatchReader
from prevalens.cohorts import Cohort
from prevalens.exceptions import UnreadableImageError


def test_two_classes_give_float_labels_with_1_for_positive(coded_cohort: Cohort) -> None:
    """Labels fit a sigmoid; images are the rows asked for, in their order."""
    images, labels = BatchReader(coded_cohort, image_size=(2, 3)).read(np.array([8, 1]))
    assert rows_in(images) == [8, 1]
    assert images.shape == (2, 2, 3, 3)
    assert (labels.dtype, labels.tolist()) == (np.float32, [0.0, 1.0])


def test_more_classes_give_the_index_of_the_class(tmp_path: Path) -> None:
    """Labels fit a sparse softmax: the positive class is the last index."""
    cohort = make_coded_cohort(tmp_path / "three", labels=["well", "sick", "ill"])
    labels = BatchReader(cohort, image_size=4).read(np.array([0, 1, 2]))[1]
    assert (labels.dtype, labels.tolist()) == (np.int64, [1, 2, 0])


def test_an_unreadable_file_is_named_with_its_row(coded_cohort: Cohort) -> None:
    """The error says which row of the cohort, and which file."""
    coded_cohort.path(5).write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"row 5: .*005\.png"):
        BatchReader(coded_cohort, image_size=4).read(np.array([4, 5]))
