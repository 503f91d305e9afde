"""Every row once and in order, whatever Keras does with it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from coded_images import make_coded_cohort, rows_in
from recording_model import recording_model, row_model, shown

from prevalens.batches import ImageDataset, join_shards
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
    with pytest.raises(InvalidInputError, match=r"0 to 30, got 31"):
        make(coded_cohort, [3, 31])
    with pytest.raises(InvalidInputError, match="each row once, but 3 came"):
        make(coded_cohort, [3, 3])
    with pytest.raises(InvalidInputError, match="at least one row"):
        make(coded_cohort, [])
    with pytest.raises(InvalidInputError, match=r"`threads`"):
        make(coded_cohort, threads=-1)


def test_evaluate_is_shown_every_row_once_in_order(coded_cohort: Cohort) -> None:
    """What a built model evaluates, recorded inside it, is each batch once."""
    model = recording_model(always=True)
    model.build((None, 4, 4, 3))
    model.evaluate(make(coded_cohort), verbose=0)
    assert shown(model) == [[30, 2, 5], [9, 11, 0], [17]]


def test_covariates_targets_and_weights_stand_beside_the_images(tmp_path: Path) -> None:
    """Inputs are images and covariates, labels the targets, and weights come third."""
    cohort = make_coded_cohort(
        tmp_path / "c", labels=["sick", "well", "well"], age=[60, 40, 50], male=[1, 0, 1]
    )
    dataset = ImageDataset(
        cohort,
        np.array([2, 0]),
        image_size=4,
        batch_size=2,
        covariates=["age", "male"],
        targets=[[1, 0], [0, 0], [1, 1]],
        sample_weights=[0.5, 1, 2],
    )
    (images, covariates), labels, weights = dataset[0]
    assert rows_in(images) == [2, 0]
    assert (covariates.dtype, covariates.tolist()) == (np.float32, [[50, 1], [60, 1]])
    assert labels.tolist() == [[1, 1], [1, 0]]
    assert (weights.dtype, weights.tolist()) == (np.float32, [2, 0.5])


def test_a_model_of_two_inputs_and_two_labels_is_fitted(tmp_path: Path) -> None:
    """Keras takes the batches as they are: image and covariate in, two labels out, weighted."""
    cohort = make_coded_cohort(
        tmp_path / "c", labels=["sick", "well", "well"], age=[60.0, 40.0, 50.0]
    )
    image, age = keras.Input((4, 4, 3)), keras.Input((1,))
    joined = keras.layers.concatenate([keras.layers.GlobalAveragePooling2D()(image), age])
    model = keras.Model([image, age], keras.layers.Dense(2, activation="sigmoid")(joined))
    model.compile("sgd", "binary_crossentropy")
    dataset = ImageDataset(
        cohort,
        np.arange(3),
        image_size=4,
        batch_size=2,
        covariates=["age"],
        targets=[[1, 0], [0, 0], [1, 1]],
        sample_weights=[1, 0, 1],
    )
    model.fit(dataset, shuffle=False, verbose=0)
    assert model.predict(dataset, verbose=0).shape == (3, 2)


def test_columns_that_do_not_fit_are_refused(coded_cohort: Cohort) -> None:
    """Wrong lengths, texts, holes and negative weights are named."""
    ages = np.arange(31.0)
    for settings, text in [
        ({"targets": [1, 0]}, r"`targets` .* has 31, got .*\(2,\)"),
        ({"targets": np.where(ages == 4, np.nan, ages)}, "finite, but rows 4 are not"),
        ({"sample_weights": ages - 1}, r"number >= 0 .* minimum -1"),
        ({"sample_weights": np.ma.masked_less(ages, 1)}, "must be finite, but rows 0"),
        ({"sample_weights": np.zeros((31, 2))}, r"got shape \(31, 2\)"),
        ({"covariates": ["age"]}, "no covariate 'age'"),
        ({"covariates": "age"}, r"Write \['age'\]"),
        ({"on_unreadable": "skip"}, "on_unreadable"),
    ]:
        with pytest.raises((InvalidInputError, TypeError), match=text):
            make(coded_cohort, **settings)


def test_shares_predict_every_row_once(coded_cohort: Cohort) -> None:
    """Predictions of two processes with batches divisible by 2 join to those of one."""
    parts = []
    for index in range(2):
        share = make(coded_cohort, shard=(index, 2), divisible_by=2)
        assert all(len(batch[0]) % 2 == 0 for batch in share)
        parts.append((share.places(), row_model().predict(share, verbose=0)[:, 0]))
    assert len(parts[0][0]) == len(parts[1][0])
    assert join_shards(parts, n_rows=7).tolist() == ROWS.tolist()
    assert make(coded_cohort).places().tolist() == list(range(7))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("divisor", [2, 3, 5])
def test_copies_change_no_judgement(coded_cohort: Cohort, divisor: int, order: int) -> None:
    """Loss and weighted metrics are those over the rows, whatever fills the batches up.

    The score of row k is k / 31, so both have a closed form; an evaluation within `fit` too.
    """
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D()])
    model.add(keras.layers.Lambda(lambda x: x[:, :1] / 31, output_shape=(1,)))
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    rows = np.arange(31)[::order]
    made = ImageDataset(
        coded_cohort, rows, image_size=4, batch_size=7, divisible_by=divisor, threads=1
    )
    errors = rows / 31 - coded_cohort.is_positive[rows]
    found = model.evaluate(made, verbose=0, return_dict=True)

    assert made.n_copies() > 0
    assert found["loss"] == pytest.approx(np.mean(errors**2), rel=1e-5)
    assert found["mae"] == pytest.approx(np.mean(np.abs(errors)), rel=1e-5)


def test_metrics_that_would_count_copies_are_refused(coded_cohort: Cohort) -> None:
    """One copy fills up 31 rows; plain metrics know no weights, and are named."""
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D()])
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile("sgd", "mse", metrics=["accuracy", keras.metrics.AUC(name="area")])
    whole, filled = (
        ImageDataset(coded_cohort, np.arange(31), image_size=4, batch_size=31, divisible_by=k)
        for k in (1, 2)
    )
    model.evaluate(whole, verbose=0)
    with pytest.raises(
        InvalidInputError, match=r"31 rows .*copies of weight 0 \(1\).*: accuracy, area\..*weighted"
    ):
        model.evaluate(filled, verbose=0)
    with pytest.raises(InvalidInputError, match="accuracy, area"):
        model.fit(whole, validation_data=filled, shuffle=False, verbose=0)
    assert model.predict(filled, verbose=0).shape == (32, 1)
