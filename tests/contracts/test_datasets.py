"""What every dataset must satisfy: its bytes are a function of epoch and position alone."""

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Jpeg, Rotation, presets
from prevalens.batches import ImageDataset, OversampledDataset, UndersampledDataset
from prevalens.batches.prefetched_dataset import PrefetchedDataset
from prevalens.cohorts import Cohort
from prevalens.images import PixelCache

pytestmark = pytest.mark.keras

# Everything that a policy can do, and other chances for the positive class.
EVERYTHING = AugmentationPolicy(
    [
        *presets.blood_smear().without("rotation").operations,
        Rotation(degrees=180, probability=(0.3, 1)),
        Jpeg(probability=(0.5, 0)),
    ]
)
Maker = Callable[..., PrefetchedDataset]
UNDERSAMPLED = partial(UndersampledDataset, seed=5)
DATASETS = {
    "every row": ImageDataset,
    "undersampled": UNDERSAMPLED,
    "undersampled, augmented": partial(UNDERSAMPLED, augmentation=EVERYTHING),
    "undersampled, batches balanced": partial(UNDERSAMPLED, balanced_batches=True),
    "oversampled, augmented": partial(
        OversampledDataset, seed=5, augmentation=EVERYTHING, balanced_batches=True
    ),
    "oversampled, patients": partial(OversampledDataset, seed=5, unit="patient"),
    "undersampled, patients, augmented": partial(
        UNDERSAMPLED, augmentation=presets.flip_rotate_shift(), unit="patient"
    ),
}
every_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)


def make(dataset: Maker, cohort: Cohort, **settings: Any) -> PrefetchedDataset:
    """Return a dataset of all rows at 16x16 in batches of 5."""
    rows = np.arange(len(cohort))
    return dataset(cohort, rows, **{"image_size": 16, "batch_size": 5, "threads": 1, **settings})


def in_bytes(batches: Any) -> list[list[bytes]]:
    """Return each array of each batch as bytes."""
    return [[np.asarray(part).tobytes() for part in batch] for batch in batches]


@every_dataset
@pytest.mark.parametrize("threads", [2, 8])
def test_threads_change_no_byte(dataset: Maker, image_cohort: Cohort, threads: int) -> None:
    """One, two and eight threads give the same bytes in every epoch."""
    one, more = (make(dataset, image_cohort, threads=number) for number in (1, threads))
    for epoch in (0, 1, 4):
        assert in_bytes(more.batches_of(epoch)) == in_bytes(one.batches_of(epoch))


@every_dataset
def test_a_batch_does_not_depend_on_what_was_asked_before(
    dataset: Maker, image_cohort: Cohort
) -> None:
    """The last batch of epoch 3 asked of a new dataset, as after a resume, is that of a run."""
    run = make(dataset, image_cohort)
    seen = [in_bytes(run.batches_of(epoch)) for epoch in range(4)]
    last = len(run) - 1
    resumed = make(dataset, image_cohort)
    assert in_bytes([resumed.batch_at(3, last)]) == seen[3][last:]
    assert in_bytes(run[k] for k in range(len(run))) == seen[0]


@every_dataset
def test_the_size_of_a_batch_changes_no_image(dataset: Maker, image_cohort: Cohort) -> None:
    """Batches of 5 and of 7, put together, are the same images and labels."""
    fives, sevens = (
        [np.concatenate(part) for part in zip(*made.batches_of(2), strict=True)]
        for made in (make(dataset, image_cohort, batch_size=size) for size in (5, 7))
    )
    assert in_bytes([fives]) == in_bytes([sevens])


@every_dataset
def test_shares_are_parts_of_the_one_batch(dataset: Maker, image_cohort: Cohort) -> None:
    """The shares of three processes, without the copies that fill up, are the whole batch."""
    whole = make(dataset, image_cohort)
    shares = [make(dataset, image_cohort, shard=(index, 3)) for index in range(3)]
    for position in range(len(whole)):
        images, labels = whole.batch_at(1, position)
        parts = [share.batch_at(1, position) for share in shares]
        for whole_part, k in ((images, 0), (labels, 1)):
            kept = np.concatenate([part[k][part[2] > 0] for part in parts])
            assert kept.tobytes() == whole_part.tobytes()


@every_dataset
def test_other_loaders_get_the_same_images(dataset: Maker, image_cohort: Cohort) -> None:
    """Images handed one by one to torch or Grain are those of the epoch's batches."""
    made = make(dataset, image_cohort)
    images = np.concatenate([batch[0] for batch in made.batches_of(1)])
    for handed in (made.as_torch_dataset(epoch=1), made.grain_source(epoch=1)):
        assert np.stack([image for image, _ in handed]).tobytes() == images.tobytes()


@every_dataset
def test_a_cache_changes_no_byte(dataset: Maker, image_cohort: Cohort, tmp_path: Any) -> None:
    """Decoded, while being kept, and kept: the bytes are the same, so no changed image is kept."""
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    bare, kept = make(dataset, image_cohort), make(dataset, image_cohort, cache=cache)
    expected = in_bytes(bare.batches_of(0))
    assert in_bytes(kept.batches_of(0)) == expected
    assert in_bytes(kept.batches_of(0)) == expected


def epoch_in_bytes(made: PrefetchedDataset) -> list[list[bytes]]:
    """Return an epoch of a dataset; in another process, whatever it was sent as."""
    return in_bytes(made.batches_of(1))


@every_dataset
def test_copies_give_the_same_bytes(dataset: Maker, image_cohort: Cohort) -> None:
    """Pickled or copied, before and after its threads were started, a dataset stays what it is."""
    made = make(dataset, image_cohort)
    for _ in range(2):
        again = [pickle.loads(pickle.dumps(made)), copy.deepcopy(made)]  # noqa: S301
        expected = epoch_in_bytes(made)
        assert [epoch_in_bytes(each) for each in again] == [expected] * 2


def test_a_spawned_worker_gives_the_same_bytes(image_cohort: Cohort) -> None:
    """Datasets sent to a new process answer there as here."""
    made = [make(dataset, image_cohort) for dataset in DATASETS.values()]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(epoch_in_bytes, made) == [epoch_in_bytes(each) for each in made]


@every_dataset
@pytest.mark.parametrize("shard", [(0, 3), (2, 3)])
def test_other_loaders_get_this_process_share(
    dataset: Maker, image_cohort: Cohort, shard: tuple[int, int]
) -> None:
    """One by one, images, labels and weights are those of the share's batches, copies and all."""
    made = make(dataset, image_cohort, shard=shard)
    batches = [np.concatenate(part) for part in zip(*made.batches_of(1), strict=True)]
    for handed in (made.as_torch_dataset(epoch=1), made.grain_source(epoch=1)):
        alone = [np.stack(part) for part in zip(*handed, strict=True)]
        assert in_bytes([alone]) == in_bytes([batches])


@every_dataset
def test_a_dataset_is_known_by_what_it_shows(dataset: Maker, image_cohort: Cohort) -> None:
    """Made alike it has the same identity; other rows, sizes or targets give another."""
    made = make(dataset, image_cohort).identity()
    targets = np.arange(len(image_cohort)) % 2
    others = [
        make(dataset, image_cohort, batch_size=6),
        make(dataset, image_cohort, image_size=8),
        make(dataset, image_cohort, targets=targets),
        dataset(image_cohort, np.arange(1, len(image_cohort)), image_size=16, batch_size=5),
    ]

    assert make(dataset, image_cohort, threads=2, shard=(0, 2)).identity() == made
    assert all(other.identity() != made for other in others)
