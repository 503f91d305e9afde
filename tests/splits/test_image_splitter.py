"""Tests of what the splitters of images share."""

import math
from fractions import Fraction

import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError, LeakageWarning
from prevalens.splits import ImageHoldout, ImageKFold, PatientKFold
from prevalens.splits.assignment import shuffled
from prevalens.splits.image_splitter import deal_images


def test_each_class_keeps_its_shares() -> None:
    """Of 100 and 20 images 70, 15 and 15 % are 70, 15, 15 and 14, 3, 3."""
    labels = np.repeat([0, 1], [100, 20])

    parts = deal_images(labels, "sw", [0.7, 0.15, 0.15], generator(0))

    assert np.bincount(parts[:100]).tolist() == [70, 15, 15]
    assert np.bincount(parts[100:]).tolist() == [14, 3, 3]


def test_left_over_images_even_out_over_the_classes() -> None:
    """Two classes of three images in two parts make three and three, not four and two."""
    parts = deal_images(np.repeat([0, 1], 3), "sw", [0.5, 0.5], generator(0))

    assert np.bincount(parts).tolist() == [3, 3]


def test_a_small_share_still_gets_one_image_of_each_class() -> None:
    """Five per cent of four images is one image, not none."""
    parts = deal_images(np.zeros(4, dtype=np.int64), "sw", [0.95, 0.05], generator(0))

    assert np.bincount(parts).tolist() == [3, 1]


def test_a_class_of_fewer_images_than_parts_is_refused() -> None:
    """Two images cannot stand in three parts."""
    with pytest.raises(ImpossibleSplitError, match=r"class 'w' has only 2 images.*at most 2 parts"):
        deal_images(np.array([0, 0, 0, 1, 1]), "sw", [0.4, 0.3, 0.3], generator(0))


def naive_deal(labels: list[int], shares: list[Fraction]) -> list[list[int]]:
    """Return how many images of each class each part is due, class by class, in fractions."""
    given = [0] * len(shares)
    dealt = []
    for code in range(max(labels) + 1):
        count = labels.count(code)
        quotas = [math.floor(share * count) for share in shares]
        total = sum(given) + count
        behind = [share * total - given[k] - quotas[k] for k, share in enumerate(shares)]
        order = sorted(range(len(shares)), key=lambda k: (-behind[k], k))
        for part in order[: count - sum(quotas)]:
            quotas[part] += 1
        while count and 0 in quotas:
            quotas[quotas.index(max(quotas))] -= 1
            quotas[quotas.index(0)] += 1
        given = [a + b for a, b in zip(given, quotas, strict=True)]
        dealt.append(quotas)
    return dealt


@pytest.mark.parametrize(
    "shares",
    [(2, 1, 1), (1, 1), (1, 1, 1, 1), (14, 3, 3), (3, 14, 3), (29, 71), (97, 2, 1), (1,) * 20],
)
@pytest.mark.parametrize(
    "counts",
    [(30,), (47, 21), (10,), (7, 11), (5, 6, 7), (9, 8, 6), (4, 5, 6), (13, 0, 9), (100, 33, 58)],
)
def test_every_class_is_dealt_as_in_fractions(
    shares: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    """Whole shares, the rest to the parts furthest behind, and no part without an image."""
    exact = [Fraction(share, sum(shares)) for share in shares]
    labels = np.repeat(np.arange(len(counts)), counts)
    if min(filter(None, counts)) < len(shares):  # each part is due an image
        counts = tuple(20 * count for count in counts)
        labels = np.repeat(np.arange(len(counts)), counts)

    parts = deal_images(labels, "abc", [float(share) for share in exact], generator(1))

    dealt = [
        np.bincount(parts[labels == code], minlength=len(shares)).tolist()
        for code in range(len(counts))
    ]
    assert dealt == naive_deal(labels.tolist(), exact)
    assert parts.dtype == np.int64


def test_images_of_a_class_are_dealt_in_the_order_of_the_raw_stream() -> None:
    """The first of the shuffle go to part 0; rows of the two classes are mixed."""
    labels = np.arange(80) % 2
    order = shuffled(80, generator(5)).tolist()

    parts = deal_images(labels, "ab", [0.5, 0.5], generator(5))

    for code in (0, 1):
        first = [row for row in order if labels[row] == code][:20]
        assert sorted(np.flatnonzero((labels == code) & (parts == 0)).tolist()) == sorted(first)


@pytest.mark.parametrize(
    ("labels", "name", "count"),
    [([0, 0, 0, 1, 1], "b", 2), ([2, 0, 2, 0, 2], "a", 2), ([2, 0, 2, 0], "a", 2)],
)
def test_the_rarest_class_that_occurs_is_named(labels: list[int], name: str, count: int) -> None:
    """A class without images is none; of classes alike the first is named."""
    with pytest.raises(ImpossibleSplitError) as caught:
        deal_images(np.array(labels), "abc", [0.4, 0.3, 0.3], generator(0))
    assert str(caught.value) == (
        f"Cannot make 3 parts that each hold every class: class {name!r} has only {count} "
        f"images. Make at most {count} parts, or merge classes."
    )
    even = deal_images(np.array([0, 0, 2, 2]), "abc", [0.5, 0.5], generator(0))
    assert sorted(even.tolist()) == [0, 0, 1, 1]


@pytest.mark.parametrize("kind", ["KFold", "Holdout"])
def test_split_says_what_it_needs_and_what_it_lets_through(kind: str) -> None:
    """Each names itself, and the splitter that keeps patients whole."""
    splitter = ImageKFold(2) if kind == "KFold" else ImageHoldout(validation=0, test=0.5)
    labels = ["s", "w", "s", "w"]
    with pytest.raises(InvalidInputError) as caught:
        next(splitter.split(labels, labels, labels))  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"Image{kind} splits images and would ignore `groups`. Use Patient{kind} to keep "
        "patients whole, or leave it out."
    )
    with pytest.raises(InvalidInputError) as caught:
        next(splitter.split(labels))
    assert str(caught.value) == (
        f"Image{kind} needs `y`, the class of each row, got None. Pass `y`."
    )
    with pytest.warns(LeakageWarning) as warned:
        list(splitter.split(labels, labels))
    assert str(warned[0].message) == (
        f"Image{kind} splits image by image: patients with several images stand on both sides, "
        f"and estimates are optimistic. Use Patient{kind} with the patients as `groups`."
    )
    with pytest.raises(InvalidInputError, match="Every row needs its y"):
        next(splitter.split(labels, ["s", "w", "s", ""]))
    with (
        pytest.warns(LeakageWarning),
        pytest.raises(ImpossibleSplitError, match="class 'x' has only 1 images"),
    ):
        next(splitter.split(labels, ["s", "x", "s", "s"]))


def test_a_partition_records_settings_and_who_crosses() -> None:
    """Three patients of twenty images all cross; sizes and settings are those asked for."""
    cohort = Cohort(
        images=[f"{row}" for row in range(60)],
        labels=["s", "w"] * 30,
        patients=[f"p{row % 3}" for row in range(60)],
        positive="s",
    )
    with pytest.warns(LeakageWarning) as warned:
        holdout = ImageHoldout(validation=0.2, test=0.3, seed=5).partition(cohort)
    with pytest.warns(LeakageWarning) as also:
        second = list(ImageKFold(4, seed=6).partitions(cohort, validation=0.25))[1]

    assert str(warned[0].message) == (
        "ImageHoldout put images of 3 of 3 patients into more than one part; estimates from it are "
        "optimistic. PatientHoldout keeps patients whole."
    )
    assert "PatientKFold keeps" in str(also[0].message)
    assert [len(rows) for rows in holdout.parts().values()] == [30, 12, 18]
    assert [len(rows) for rows in second.parts().values()] == [30, 15, 15]
    assert dict(holdout.settings) == {"validation": 0.2, "test": 0.3, "seed": 5}
    assert dict(second.settings) == {"n_splits": 4, "seed": 6, "fold": 1, "validation": 0.25}
    for made, method in ((holdout, "ImageHoldout"), (second, "ImageKFold")):
        assert (made.method, made.patients_crossing, made.n_rows) == (method, 3, 60)
        assert made.cohort_fingerprint == cohort.fingerprint
        for rows in made.parts().values():
            assert abs(cohort.labels[rows].mean() - 0.5) <= 0.5 / len(rows)


@pytest.mark.filterwarnings("ignore::prevalens.exceptions.LeakageWarning")
def test_folds_without_validation_and_seeds_that_differ() -> None:
    """The rest of a fold is trained on; a seed means its folds, and its holdout, and no other."""
    labels = np.array([0, 1] * 20)
    cohort = Cohort(
        images=[f"{row}" for row in range(40)],
        labels=labels,
        patients=[f"p{row}" for row in range(40)],
        positive="1",
    )
    for fold, partition in enumerate(ImageKFold(4).partitions(cohort)):
        train, test = list(ImageKFold(4).split(labels, labels))[fold]
        assert partition.test.tolist() == test.tolist()
        assert partition.train.tolist() == train.tolist()
        assert sorted([*train, *test]) == list(range(40))
        assert (partition.validation.shape, partition.validation.dtype) == ((0,), np.int64)
        assert partition.settings["validation"] == 0
        assert partition.patients_crossing == 0
    with pytest.raises(InvalidInputError, match="`validation` and `test` sum to 1"):
        next(ImageKFold(4).partitions(cohort, validation=0.75))
    assert len(next(ImageKFold(2).partitions(cohort, validation=0.4)).train) == 4
    holdouts = {tuple(ImageHoldout(seed=seed).partition(cohort).test.tolist()) for seed in range(3)}
    folds = {
        tuple(next(ImageKFold(4, seed=seed).partitions(cohort)).test.tolist()) for seed in range(3)
    }
    assert len(holdouts) == len(folds) == 3
    for partition in ImageKFold(4).partitions(cohort, validation=0.25):
        assert len(partition.validation) == 10
        assert labels[partition.validation].sum() == 5


@pytest.mark.filterwarnings("ignore::prevalens.exceptions.LeakageWarning")
def test_each_draw_has_a_stream_of_its_own() -> None:
    """Holdout, folds, and each fold's validation part: named, so that a seed keeps its meaning."""
    labels = np.arange(60) % 3
    cohort = Cohort(
        images=[f"{row}" for row in range(60)],
        labels=labels,
        patients=[f"p{row}" for row in range(60)],
        positive="1",
    )

    def dealt(labels: np.ndarray, shares: list[float], *purpose: str | int) -> list[int]:
        return deal_images(labels, "012", shares, generator(9, "images", *purpose)).tolist()

    holdout = ImageHoldout(validation=0.25, test=0.25, seed=9).partition(cohort)
    parts = np.array(dealt(labels, [0.5, 0.25, 0.25], "holdout"))
    for number, rows in enumerate(holdout.parts().values()):
        assert rows.tolist() == np.flatnonzero(parts == number).tolist()
    folds = np.array(dealt(labels, [0.25] * 4, "folds"))
    made = ImageKFold(4, seed=9).partitions(cohort, validation=0.25)
    for fold, partition in enumerate(made):
        outside = np.flatnonzero(folds != fold)
        inner = np.array(dealt(labels[outside], [2 / 3, 1 / 3], "validation", fold))
        assert partition.test.tolist() == np.flatnonzero(folds == fold).tolist()
        assert partition.validation.tolist() == outside[inner == 1].tolist()
        assert partition.train.tolist() == outside[inner == 0].tolist()


@pytest.mark.filterwarnings("ignore::prevalens.exceptions.LeakageWarning")
def test_the_class_that_lacks_is_named_as_the_cohort_names_it() -> None:
    """Two sick images: three folds are too many; two leave one for train and validation."""
    cohort = Cohort(
        images=[f"{row}" for row in range(12)],
        labels=["sick"] * 2 + ["well"] * 10,
        patients=[f"p{row}" for row in range(12)],
        positive="sick",
    )
    for splitter, count in ((ImageKFold(3), 2), (ImageKFold(2), 1)):
        with pytest.raises(ImpossibleSplitError, match=f"class 'sick' has only {count} images"):
            next(splitter.partitions(cohort, validation=0.2))
    with pytest.raises(ImpossibleSplitError, match="class 'sick' has only 2 images"):
        ImageHoldout().partition(cohort)
    for patients in (PatientKFold(3), PatientKFold(2)):
        with pytest.raises(ImpossibleSplitError, match="class 'sick' comes from only"):
            next(patients.partitions(cohort, validation=0.2))
