"""What `fit` is shown by the undersampling dataset, on whichever backend runs."""

import random
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from coded_images import make_coded_cohort, rows_in
from imblearn.under_sampling import NearMiss
from recording_model import recording_model, row_model, shown

from prevalens.augmentation import AugmentationPolicy, Exposure
from prevalens.batches import ImageDataset, UndersampledDataset
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError, UnreadableImageError

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


@pytest.mark.parametrize("steps", [2, 4])
def test_steps_per_epoch_show_one_stream(coded_cohort: Cohort, steps: int) -> None:
    """With 2 of 4 batches a Keras epoch, or all 4, the draws follow one another unbroken."""
    dataset, model = make(coded_cohort), recording_model()
    model.fit(
        dataset,
        epochs=8 // steps,
        steps_per_epoch=steps,
        callbacks=[dataset.follow_epochs()],
        verbose=0,
    )
    assert shown(model) == planned(coded_cohort, range(2))


def test_a_stream_resumes_within_a_pass(coded_cohort: Cohort) -> None:
    """A run of 2 batches a Keras epoch, resumed at its second, starts at the third batch."""
    dataset, model = make(coded_cohort), recording_model()
    model.fit(
        dataset,
        initial_epoch=1,
        epochs=2,
        steps_per_epoch=2,
        callbacks=[dataset.follow_epochs()],
        verbose=0,
    )
    assert shown(model) == planned(coded_cohort, range(1))[2:]


def test_validation_evaluation_and_prediction_in_between_change_nothing(
    coded_cohort: Cohort,
) -> None:
    """What else is done with a dataset between and within runs leaves the epochs as planned."""
    dataset, model = make(coded_cohort), recording_model()
    model.predict(dataset, verbose=0)
    model.evaluate(dataset, verbose=0)
    validation = ImageDataset(coded_cohort, EVERY[:9], image_size=4, batch_size=2)
    follow = dataset.follow_epochs()
    model.fit(dataset, epochs=2, validation_data=validation, callbacks=[follow], verbose=0)
    model.fit(
        dataset, initial_epoch=2, epochs=3, validation_data=dataset, callbacks=[follow], verbose=0
    )
    model.evaluate(dataset, verbose=0)
    model.fit(dataset, initial_epoch=3, epochs=4, callbacks=[follow], verbose=0)
    assert shown(model) == planned(coded_cohort, range(4))


def test_an_evaluation_within_fit_sees_the_first_draw(coded_cohort: Cohort) -> None:
    """Validating on the training draw shows epoch 0 each time, and training goes on as planned."""
    dataset, model = make(coded_cohort), recording_model(always=True)
    model.build((None, 4, 4, 3))
    settings = {"validation_data": dataset, "callbacks": [dataset.follow_epochs()], "verbose": 0}
    model.fit(dataset, epochs=2, **settings)
    first, second = (planned(coded_cohort, range(epoch, epoch + 1)) for epoch in range(2))
    assert shown(model) == [*first, *first, *second, *first]
    with pytest.raises(InvalidInputError, match="`evaluate` was called on the dataset that `fit"):
        model.fit(dataset, steps_per_epoch=2, **settings)


# Every image becomes brighter by a factor of its own, so that a constant image stays constant.
BRIGHTER = AugmentationPolicy([Exposure(factor=(1.4, 1.5))])


def test_fit_is_shown_augmented_images_and_evaluate_and_predict_are_not(
    coded_cohort: Cohort,
) -> None:
    """Validation, evaluation and prediction see the files as they are, before and after `fit`."""
    dataset = make(coded_cohort, augmentation=BRIGHTER)
    model = recording_model(always=True)
    model.build((None, 4, 4, 3))
    follow = dataset.follow_epochs()
    model.fit(dataset, epochs=2, validation_data=dataset, callbacks=[follow], verbose=0)
    first, second = (
        planned(coded_cohort, range(epoch, epoch + 1), augmentation=BRIGHTER) for epoch in range(2)
    )
    stored = planned(coded_cohort, range(1))
    assert shown(model) == [*first, *stored, *second, *stored]
    assert first != stored
    predicted = row_model().predict(dataset, verbose=0)[:, 0].tolist()
    assert predicted == sum(stored, [])  # noqa: RUF017
    assert [rows_in(dataset[k]) for k in range(len(dataset))] == first


def test_an_images_chance_is_that_of_its_label(coded_cohort: Cohort) -> None:
    """With chances 0 and 1 the sick are brighter and the well as stored, whatever is learned."""
    policy = AugmentationPolicy([Exposure(factor=(1.5, 1.5), probability=(0, 1))])
    settings = {"augmentation": policy, "targets": np.zeros(31)}
    for (images, _), plain in zip(
        make(coded_cohort, **settings).batches_of(1), make(coded_cohort).batches_of(1), strict=True
    ):
        assert rows_in(images) == [round(1.5 * row) if row < 7 else row for row in rows_in(plain)]


def test_a_skipped_image_leaves_the_others_changes(tmp_path: Path) -> None:
    """Where one file cannot be read, the other images are changed as they would have been."""
    cohort = make_coded_cohort(tmp_path / "c", labels=["sick"] * 10 + ["well"] * 110)
    settings: dict[str, Any] = {
        "image_size": 4, "batch_size": 8, "seed": 0, "augmentation": BRIGHTER,
    }  # fmt: skip
    whole = UndersampledDataset(cohort, np.arange(120), **settings)
    at = [(row, value) for k in range(3) for row, value in zip(
        whole.rows_of(0)[8 * k : 8 * k + 8].tolist(), rows_in(whole[k]), strict=True)]  # fmt: skip
    cohort.path(3).write_bytes(b"broken")
    skipping = UndersampledDataset(cohort, np.arange(120), on_unreadable="skip", **settings)
    left = [value for batch in skipping.batches_of(0) for value in rows_in(batch)]
    assert left == [value for row, value in at if row != 3]


def test_an_interrupted_run_is_forgotten(coded_cohort: Cohort) -> None:
    """After a run that broke off within an epoch, the next one starts where it is told."""

    class Broken(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 1:
                raise KeyboardInterrupt

    dataset = make(coded_cohort)
    with pytest.raises(KeyboardInterrupt):
        recording_model().fit(dataset, callbacks=[dataset.follow_epochs(), Broken()], verbose=0)
    model = recording_model()
    model.fit(dataset, callbacks=[dataset.follow_epochs()], verbose=0)
    assert shown(model) == planned(coded_cohort, range(1))


def test_two_forced_workers_change_nothing(coded_cohort: Cohort) -> None:
    """Keras workers forced behind the setter are not used: the batches stay as planned."""
    dataset, model = make(coded_cohort), recording_model()
    dataset._workers, dataset._use_multiprocessing = 2, True
    model.fit(dataset, epochs=3, callbacks=[dataset.follow_epochs()], verbose=0)
    assert shown(model) == planned(coded_cohort, range(3))


def test_a_draw_of_changing_size_is_shown_whole(coded_cohort: Cohort) -> None:
    """A sampler that selects 14, 10 and 19 rows shows them all, in as many batches each epoch."""
    plans = [np.arange(14), np.arange(10), np.arange(19)]

    class Fixed:
        def rows(self, epoch: int) -> Any:
            return plans[epoch]

    dataset, model = make(coded_cohort), recording_model()
    dataset._plan = Fixed()
    model.fit(dataset, epochs=3, callbacks=[dataset.follow_epochs()], verbose=0)
    batches = shown(model)
    assert [len(batch) for batch in batches] == [4, 4, 4, 2, 3, 3, 2, 2, 5, 5, 5, 4]
    assert sum(batches, []) == np.concatenate(plans).tolist()  # noqa: RUF017


def test_shares_of_one_draw_are_shown_by_two_processes(coded_cohort: Cohort) -> None:
    """Two processes show disjoint shares of each batch, in batches of equal lengths."""
    whole = make(coded_cohort)
    shares = [make(coded_cohort, shard=(index, 2)) for index in range(2)]
    for k in range(len(whole)):
        parts = [share.batch_at(1, k) for share in shares]
        assert len(parts[0][0]) == len(parts[1][0])
        assert [*rows_in(parts[0]), *rows_in(parts[1])] == rows_in(whole.batch_at(1, k))
        assert [part[2].tolist() for part in parts] == [[1.0] * len(parts[0][0])] * 2


def test_a_sampler_of_imbalanced_learn_draws(coded_cohort: Cohort) -> None:
    """A sampler takes the place of the ratio; settings that would do nothing are refused."""
    features = np.random.default_rng(0).normal(size=(31, 2))
    dataset = make(coded_cohort, sampler=NearMiss(), features=features)
    assert len(dataset.rows_of(0)) == 14
    for settings, text in [
        ({"sampler": NearMiss(), "features": features, "ratio": 0.5}, r"`ratio` \(0\.5\)"),
        ({"sampler": NearMiss(), "features": features, "unit": "patient"}, "'patient'"),
        ({"features": features}, "are for a `sampler`, and none was given"),
    ]:
        with pytest.raises(InvalidInputError, match=text):
            make(coded_cohort, **settings)


def test_unreadable_images_may_be_skipped_and_are_listed(tmp_path: Path) -> None:
    """One broken file of 120 is left out, counted and listed; a second is past 1 %."""
    cohort = make_coded_cohort(tmp_path / "c", labels=["sick"] * 10 + ["well"] * 110)
    cohort.path(3).write_bytes(b"broken")
    settings = {"image_size": 4, "batch_size": 4, "seed": 0, "on_unreadable": "skip"}
    dataset, model = UndersampledDataset(cohort, np.arange(120), **settings), recording_model()
    history = model.fit(dataset, epochs=2, callbacks=[dataset.follow_epochs()], verbose=0).history
    assert history["unreadable_images"] == [1, 1]
    assert history["unreadable_files"] == [[str(cohort.path(3))]] * 2
    assert list(dataset.unreadable) == [3]
    assert sorted(row for batch in shown(model)[:5] for row in batch if row < 10) == [
        0, 1, 2, 4, 5, 6, 7, 8, 9,
    ]  # fmt: skip
    cohort.path(5).write_bytes(b"broken")
    with pytest.raises(UnreadableImageError, match=r"2 images .* at most 1 \(1 %.*005\.png"):
        list(UndersampledDataset(cohort, np.arange(120), **settings))


def test_an_unreadable_image_stops_training_by_name(coded_cohort: Cohort) -> None:
    """By default `fit` ends with an error that names the file and its row."""
    coded_cohort.path(6).write_bytes(b"broken")
    dataset = make(coded_cohort)
    # TensorFlow wraps whatever a dataset raises; the text is there.
    with pytest.raises(Exception, match=r"row 6: .*006\.png"):
        recording_model().fit(dataset, callbacks=[dataset.follow_epochs()], verbose=0)


def test_more_classes_are_numbered(tmp_path: Path) -> None:
    """Of three classes each epoch shows two, two and two."""
    labels = ["well"] * 9 + ["ill"] * 5 + ["sick"] * 2
    cohort = make_coded_cohort(tmp_path / "c", labels=labels)
    dataset = UndersampledDataset(cohort, np.arange(16), image_size=4, batch_size=6, seed=0)
    _, classes = dataset[0]
    assert sorted(classes.tolist()) == [0, 0, 1, 1, 2, 2]
    assert dataset.train_prevalence == pytest.approx(1 / 3)
    assert dataset.cohort_prevalence == 2 / 16


def test_strata_are_balanced_in_place_of_labels(coded_cohort: Cohort) -> None:
    """Eleven rows of one text and twenty of another: eleven of each, whatever their labels."""
    strata = ["a"] * 11 + ["b"] * 20
    made = UndersampledDataset(
        coded_cohort, np.arange(31), image_size=4, batch_size=7, seed=0, strata=strata
    )
    rows = made.rows_of(0)

    assert (int(np.sum(rows < 11)), int(np.sum(rows >= 11))) == (11, 11)
    assert made.cohort_shares == {"sick": 7 / 31, "well": 24 / 31}
    assert made.train_shares["sick"] == made.train_prevalence == 7 / 22
