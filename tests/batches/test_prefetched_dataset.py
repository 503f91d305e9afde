"""What both datasets share."""

import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coded_images import make_coded_cohort, rows_in
from recording_model import recording_model

from prevalens.batches import ImageDataset, UndersampledDataset
from prevalens.batches.prefetched_dataset import usable_cores
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images import PixelCache

pytestmark = pytest.mark.keras


def test_any_order_of_asking_gives_the_same_batches(coded_cohort: Cohort) -> None:
    """Reading ahead serves those who ask in order, and never changes what others get."""
    dataset = ImageDataset(coded_cohort, np.arange(31), image_size=4, batch_size=4, threads=2)
    assert len(dataset) == 8
    for index in (0, 1, 7, 3, 3, 2, 0, 1, 2, -1):
        first = 4 * (index % 8)
        assert rows_in(dataset[index]) == list(range(31))[first : first + 4]
        assert rows_in(dataset.batch_at(5, index)) == list(range(31))[first : first + 4]
    with pytest.raises(IndexError):
        dataset[8]


@pytest.mark.parametrize(("allowed", "threads"), [(3, 3), (20, 8)])
def test_the_default_is_one_thread_a_core_and_at_most_eight(
    monkeypatch: pytest.MonkeyPatch, allowed: int, threads: int
) -> None:
    """Cores this process may not use do not count."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(allowed)), raising=False)
    assert usable_cores() == threads


def test_other_loaders_get_an_epochs_rows_in_order(coded_cohort: Cohort) -> None:
    """Both hand-overs show the rows of the epoch asked for."""
    dataset = ImageDataset(coded_cohort, np.array([5, 1]), image_size=4, batch_size=4)
    for handed in (dataset.as_torch_dataset(), dataset.grain_source(epoch=2)):
        assert [int(image[0, 0, 0]) for image, _ in handed] == [5, 1]


def test_a_loop_of_ones_own_gets_an_epochs_batches(coded_cohort: Cohort) -> None:
    """The batches of an epoch come in order, and memory holds no more than those read ahead."""
    dataset = UndersampledDataset(
        coded_cohort, np.arange(31), image_size=4, batch_size=1, seed=0, threads=2
    )
    shown = []
    for batch in dataset.batches_of(3):
        shown += rows_in(batch)
        assert len(dataset._prefetcher._pending) <= 3
    assert shown == dataset.rows_of(3).tolist()


def test_keras_own_workers_may_be_set_to_what_they_are(coded_cohort: Cohort) -> None:
    """One worker and no processes are what there is; more is refused with the remedy."""
    dataset = ImageDataset(coded_cohort, np.arange(4), image_size=4, batch_size=4)
    dataset.workers = 1
    dataset.use_multiprocessing = False

    assert (dataset.workers, dataset.use_multiprocessing) == (1, False)
    with pytest.raises(InvalidInputError, match="Give `threads`"):
        dataset.workers = 2
    with pytest.raises(InvalidInputError, match="Give `threads`"):
        dataset.use_multiprocessing = True


@pytest.mark.parametrize("cached", [False, True])
def test_an_epoch_takes_the_memory_of_a_few_batches(tmp_path: Path, cached: bool) -> None:
    """Of 60 batches at most 12 are held at once, decoded, being kept, or from the cache."""
    cohort = make_coded_cohort(tmp_path / "c", labels=["sick", "well"] * 60)
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None) if cached else None
    dataset = UndersampledDataset(
        cohort,
        np.arange(120),
        image_size=256,
        batch_size=2,
        ratio={},
        seed=0,
        cache=cache,
        threads=2,
    )
    for _ in range(2):
        next(dataset.batches_of(0))  # what is imported on first use does not count
        tracemalloc.start()
        n_batches = sum(1 for _ in dataset.batches_of(0))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n_batches == 60
        assert peak < 12 * 2 * 256 * 256 * 3


def test_a_dataset_shows_what_an_epoch_holds(coded_cohort: Cohort) -> None:
    """Counts of classes, batches, and the shares before and after undersampling."""
    rows = np.arange(31)
    plain = ImageDataset(coded_cohort, rows, image_size=4, batch_size=4)
    balanced = UndersampledDataset(coded_cohort, rows, image_size=4, batch_size=4, seed=0)

    assert repr(plain) == "ImageDataset(31 images an epoch, 8 batches)"
    assert "in a batch" in plain._repr_html_()
    assert f"{balanced.cohort_prevalence:.1%}" in balanced._repr_html_()
    assert f"{balanced.train_prevalence:.1%}" in balanced._repr_html_()


def test_a_share_is_not_taken_for_the_whole(
    coded_cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras joins processes in `fit` on JAX alone; else each would train a model of its own."""
    place = "prevalens.batches.prefetched_dataset"
    monkeypatch.setattr(f"{place}.running_processes", lambda: (1, 2))
    settings: dict[str, Any] = {"image_size": 4, "batch_size": 4, "shard": (1, 2)}
    training = UndersampledDataset(coded_cohort, np.arange(31), seed=1, **settings)
    judging = ImageDataset(coded_cohort, np.arange(31), **settings)
    model, follower = recording_model(), training.follow_epochs()
    with pytest.raises(InvalidInputError, match="`fit` joins 2 processes on JAX alone"):
        model.fit(training, callbacks=[follower], verbose=0)
    with pytest.raises(InvalidInputError, match="`evaluate` joins 2 processes"):
        model.evaluate(judging, verbose=0)
    assert len(model.predict(judging, verbose=0)) == 16  # a share is put in order afterwards

    whole = ImageDataset(coded_cohort, np.arange(31), **(settings | {"shard": (0, 1)}))
    model.evaluate(whole, verbose=0)
    monkeypatch.setattr(f"{place}.keras.backend.backend", lambda: "jax")
    monkeypatch.setattr(f"{place}.keras.distribution.distribution", lambda: "data parallel")
    model.evaluate(judging, verbose=0)
