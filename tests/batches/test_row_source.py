"""Images one by one for other libraries' loaders."""

import pickle

import numpy as np
import pytest

from prevalens.batches.batch_reader import BatchReader
from prevalens.batches.row_source import RowSource
from prevalens.cohorts import Cohort


def source(cohort: Cohort) -> RowSource:
    """Return rows 9, 4, 30, 2 and 0 one by one."""
    return RowSource(BatchReader(cohort, image_size=4), np.array([9, 4, 30, 2, 0]))


def test_each_position_is_one_image_and_label(coded_cohort: Cohort) -> None:
    """Image and label of a row without a batch axis; past the end is an IndexError."""
    rows = pickle.loads(pickle.dumps(source(coded_cohort)))  # noqa: S301
    image, label = rows[1]
    assert (image.shape, image.dtype, int(image[0, 0, 0])) == ((4, 4, 3), np.uint8, 4)
    assert float(label) == 1.0
    assert len(rows) == len(list(rows)) == 5
    with pytest.raises(IndexError):
        rows[5]


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # where there is one core
@pytest.mark.parametrize("workers", [0, 2])
def test_a_torch_loader_collates_it(coded_cohort: Cohort, workers: int) -> None:
    """DataLoader makes the same batches, also in worker processes."""
    data = pytest.importorskip("torch.utils.data", reason="PyTorch is not installed")
    loader = data.DataLoader(
        source(coded_cohort),
        batch_size=2,
        num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
    )
    batches = [(images[:, 0, 0, 0].tolist(), labels.tolist()) for images, labels in loader]
    assert batches == [([9, 4], [0, 1]), ([30, 2], [0, 1]), ([0], [1])]


def test_grain_batches_it(coded_cohort: Cohort) -> None:
    """Grain's MapDataset makes the same batches."""
    grain = pytest.importorskip("grain", reason="Grain is not installed")
    dataset = grain.MapDataset.source(source(coded_cohort)).batch(2)
    assert [batch[0][:, 0, 0, 0].tolist() for batch in dataset] == [[9, 4], [30, 2], [0]]
