"""Which rows an epoch shows."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy

from prevalens.batches import UndersamplingPlan
from prevalens.batches.undersampling import (
    WORDS,
    Ratio,
    class_sizes,
    counts_by_word,
    epoch_counts,
    walks,
)
from prevalens.exceptions import DataWarning, InvalidInputError, NoEffectWarning
from prevalens.typing import Texts

CLASSES = ("well", "ill", "sick")
LABELS = np.repeat([0, 1, 2], [50, 20, 5])


def plan(ratio: Ratio = 1.0, *, seed: int = 0, unit: str = "image") -> UndersamplingPlan:
    """Return a plan over 75 rows of three classes, five images a patient."""
    rows = np.arange(100, 175)
    patients = np.array([f"p{k // 5}" for k in range(75)])
    return UndersamplingPlan(
        rows, labels=LABELS, patients=patients, classes=CLASSES, ratio=ratio, seed=seed, unit=unit
    )


@pytest.mark.parametrize("word", WORDS)
def test_words_mean_what_imbalanced_learn_means(word: str) -> None:
    """Each word gives the counts that imbalanced-learn's own reading of it gives."""
    theirs = {0: 50, 1: 20, 2: 5} | check_sampling_strategy(word, LABELS, "under-sampling")
    assert list(epoch_counts(LABELS, CLASSES, word).values()) == list(theirs.values())


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.7, 1.0])
def test_a_number_means_what_imbalanced_learn_means(ratio: float) -> None:
    """For two classes a number gives imbalanced-learn's count to within rounding."""
    labels = np.repeat([0, 1], [50, 10])
    theirs = check_sampling_strategy(ratio, labels, "under-sampling")
    ours = epoch_counts(labels, ("well", "sick"), ratio)
    assert ours["sick"] == 10
    assert abs(ours["well"] - theirs[0]) <= 1


def half_of_well(names: Texts) -> dict[str, int]:
    """Ask for every other healthy image."""
    return {"well": int(np.sum(names == "well")) // 2}


def test_counts_and_functions_are_taken_by_class_name() -> None:
    """A mapping reduces the classes it names; a function is given each row's class name."""
    assert epoch_counts(LABELS, CLASSES, {"well": 7}) == {"well": 7, "ill": 20, "sick": 5}
    halved = epoch_counts(
        LABELS, CLASSES, lambda names: {"well": int(np.sum(names == "well")) // 2}
    )
    assert halved == {"well": 25, "ill": 20, "sick": 5}
    assert epoch_counts(LABELS, CLASSES, {}) == {"well": 50, "ill": 20, "sick": 5}


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.05, r"0.05 asks for 100 images beside the 5 .* largest has 50\. Use a ratio >= 0\.1"),
        (0, r"\(0, 1\], got 0"),
        (1.5, r"\(0, 1\], got 1\.5"),
        ("majorty", r"Did you mean 'majority'\?"),
        ({"wel": 3}, r"'wel'.*Did you mean 'well'\?"),
        ({"sick": 6}, r"6 images of class 'sick', which has 5"),
        ({"sick": 0}, r">= 1, got 0"),
    ],
)
def test_a_ratio_that_cannot_be_met_is_refused(ratio: Ratio, text: str) -> None:
    """The text names what was asked, what there is, and what would work."""
    with pytest.raises(InvalidInputError, match=text):
        plan(ratio)


def test_a_ratio_that_leaves_nothing_out_is_told() -> None:
    """A ratio that the rows already have changes nothing, and says so; {} is meant that way."""
    with pytest.warns(NoEffectWarning, match=r"`ratio` 0\.1 leaves no row out: the 75 rows"):
        plan(0.1)
    assert len(plan({}).rows(0)) == 75


def test_an_empty_class_is_refused() -> None:
    """A class without a row cannot be drawn from."""
    with pytest.raises(InvalidInputError, match=r"'sick' has none of the 4 rows"):
        epoch_counts(np.array([0, 0, 1, 1]), CLASSES, 1.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9), ratio=st.sampled_from([1.0, 0.5, 0.3, "majority"]))
def test_every_minority_row_and_every_majority_row_in_time(seed: int, ratio: Ratio) -> None:
    """Each epoch shows all five sick rows; epoch ceil(N / m) has shown every row of a class."""
    made = plan(ratio, seed=seed)
    for code, name in enumerate(CLASSES):
        members = set((np.flatnonzero(np.equal(LABELS, code)) + 100).tolist())
        needed = math.ceil(len(members) / made.counts[name])
        shown = [set(made.rows(e).tolist()) & members for e in range(needed)]
        assert all(len(each) == made.counts[name] for each in shown)
        assert set.union(*shown) == members


@pytest.mark.parametrize("unit", ["image", "patient"])
def test_an_epoch_is_a_function_of_seed_and_epoch(unit: str) -> None:
    """Asking in any order, or of a new plan, gives the same rows; another seed gives others."""
    forward = [plan(unit=unit).rows(e).tolist() for e in range(6)]
    backward = plan(unit=unit)
    assert [backward.rows(e).tolist() for e in (5, 4, 0, 3, 1, 2)] == [
        forward[e] for e in (5, 4, 0, 3, 1, 2)
    ]
    assert forward[0] != forward[1]
    assert plan(seed=1, unit=unit).rows(0).tolist() != forward[0]


def test_the_draw_over_patients_is_even() -> None:
    """Fifty healthy images of ten patients, ten an epoch: one of each patient."""
    made = plan({"well": 10}, unit="patient")
    for epoch in range(3):
        well = [row - 100 for row in made.rows(epoch).tolist() if row < 150]
        assert sorted(row // 5 for row in well) == list(range(10))
    with pytest.raises(InvalidInputError, match="Did you mean 'patient'"):
        plan(unit="patients")


def test_the_first_draw_never_changes() -> None:
    """Rows written down on the day this was made: a later release must draw the same."""
    assert plan({"well": 3, "ill": 2}).rows(4).tolist() == [
        *(169, 173, 129, 172, 174),
        *(170, 135, 115, 156, 171),
    ]


def test_the_largest_class_is_told_by_its_size_not_its_name() -> None:
    """`majority` reduces the class of most rows, here the first by name, and no other."""
    labels = np.repeat([0, 1, 2], [9, 3, 2])
    assert epoch_counts(labels, ("a", "m", "z"), "majority") == {"a": 2, "m": 3, "z": 2}
    assert epoch_counts(labels, ("a", "m", "z"), "not majority") == {"a": 9, "m": 2, "z": 2}


def test_all_of_a_class_may_be_asked_for() -> None:
    """As many as there are is not too many."""
    assert epoch_counts(LABELS, CLASSES, {"sick": 5, "well": 1}) == {
        "well": 1,
        "ill": 20,
        "sick": 5,
    }


def test_a_label_without_a_class_name_is_no_silence() -> None:
    """A fourth code with three names cannot be counted."""
    with pytest.raises(ValueError, match="argument 2"):
        epoch_counts(np.array([0, 1, 2, 3]), CLASSES, 1.0)


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    ratio=st.one_of(st.floats(0.05, 1), st.sampled_from(WORDS)),
)
def test_counts_never_exceed_what_there_is(sizes: list[int], ratio: Ratio) -> None:
    """Each count is from 1 to the size, the smallest class is whole, names change no count."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(f"c{k}" for k in range(len(sizes)))
    others = tuple(reversed(names))
    try:
        made = epoch_counts(labels, names, ratio)
    except InvalidInputError as error:
        assert "Use a ratio >= " in str(error)  # noqa: PT017
        return
    assert all(1 <= made[name] <= size for name, size in zip(names, sizes, strict=True))
    assert made[names[int(np.argmin(sizes))]] == min(sizes)
    assert list(epoch_counts(labels, others, ratio).values()) == list(made.values())


def test_classes_alike_are_drawn_apart() -> None:
    """Two classes of as many patients and images: which of them are shown is drawn for each."""
    labels, patients = (
        np.repeat([0, 1, 2], [30, 30, 3]),
        np.array([f"p{k // 5}" for k in range(63)]),
    )
    for unit in ("image", "patient"):
        made = UndersamplingPlan(
            np.arange(63),
            labels=labels,
            patients=patients,
            classes=("a", "b", "c"),
            seed=0,
            unit=unit,
        )
        assert made.counts == {"a": 3, "b": 3, "c": 3}
        apart = 0
        for epoch in range(4):
            shown = made.rows(epoch) // 5
            apart += set(shown[shown < 6]) != set(shown[(shown >= 6) & (shown < 12)] - 6)
        assert apart


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"ratio": "majorty"}, "`ratio` must be one of"),
        ({"ratio": 2.0}, "`ratio` must lie in"),
        ({"ratio": {"sick": 0}}, r"`ratio\['sick'\]` must be a whole number >= 1"),
        ({"seed": -1}, "`seed` must be a whole number >= 0"),
        ({"unit": "row"}, "`unit` must be one of"),
    ],
)
def test_settings_are_refused_by_name(setting: dict[str, Any], name: str) -> None:
    """The rule and the argument; an epoch below 0 too."""
    with pytest.raises(InvalidInputError, match=name):
        plan(**setting)
    with pytest.raises(InvalidInputError, match="`epoch` must be a whole number >= 0"):
        plan().rows(-1)


@given(labels=st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_sizes_are_counts_or_a_class_is_named(labels: list[int]) -> None:
    """They add up to the rows; a class without rows is refused by its name."""
    classes = ("a", "b", "c")
    missing = [name for code, name in enumerate(classes) if code not in labels]
    if missing:
        with pytest.raises(InvalidInputError, match=f"'{missing[0]}'"):
            class_sizes(np.array(labels), classes)
        return
    found = class_sizes(np.array(labels), classes)

    assert found == {name: labels.count(code) for code, name in enumerate(classes)}


@given(
    labels=st.lists(st.integers(0, 2), min_size=3, max_size=40),
    word=st.sampled_from(["majority", "not minority", "not majority", "all", "auto"]),
)
def test_words_of_imbalanced_learn_mean_what_they_mean_there(labels: list[int], word: str) -> None:
    """Every class that a word is about is cut to the size of the smallest."""
    assume(set(labels) == {0, 1, 2})
    words = ("majority", "not minority", "not majority", "all", "auto")
    found = counts_by_word(
        np.array(labels), ("a", "b", "c"), word, words=words, kind="under-sampling"
    )
    sizes = [labels.count(code) for code in range(3)]

    assert set(found.values()) <= {min(sizes)}
    assert set(found) <= {"a", "b", "c"}
    if word == "all":
        assert set(found) == {"a", "b", "c"}


@given(
    labels=st.lists(st.integers(0, 1), min_size=4, max_size=40),
    seed=st.integers(0, 99),
    unit=st.sampled_from(["image", "patient"]),
    epoch=st.integers(0, 30),
)
def test_a_walk_takes_what_is_counted_of_its_class(
    labels: list[int], seed: int, unit: str, epoch: int
) -> None:
    """So many different rows, all of the class, and the same whenever the epoch is asked for."""
    assume(set(labels) == {0, 1})
    rows = np.arange(len(labels)) * 2
    patients = np.array([f"p{row // 3}" for row in range(len(labels))])
    count = min(labels.count(0), labels.count(1))
    made = [
        walks(
            rows,
            labels=np.array(labels),
            patients=patients,
            counts={"a": count, "b": count},
            seed=seed,
            unit=unit,
        )
        for _ in range(2)
    ]
    for code, (one, two) in enumerate(zip(*made, strict=True)):
        taken = one.take(epoch)
        assert len(set(taken.tolist())) == len(taken) == count
        assert {labels[row // 2] for row in taken.tolist()} == {code}
        np.testing.assert_array_equal(two.take(epoch), taken)


def lopsided(rarest: int, ratio: Ratio = 1.0) -> UndersamplingPlan:
    """Return a plan over 300, 200 and few rows of three classes, two images a patient."""
    sizes = [300, 200, rarest]
    return UndersamplingPlan(
        np.arange(sum(sizes)),
        labels=np.repeat([0, 1, 2], sizes),
        patients=np.array([f"p{k // 2}" for k in range(sum(sizes))]),
        classes=CLASSES,
        ratio=ratio,
        seed=0,
    )


def test_three_images_of_the_rarest_class_are_warned_of() -> None:
    """With the class, its images and patients, what an epoch shows, and what to do instead."""
    with pytest.warns(DataWarning) as told:
        lopsided(3)
    text = str(told[0].message)

    assert "shows 9 of 503 rows in an epoch" in text
    assert "the class 'sick' has 3 images of 2 patients" in text
    assert "at most 3 of any other class" in text
    assert "OversampledDataset" in text


@pytest.mark.parametrize(
    ("rarest", "ratio"), [(20, 1.0), (3, {"well": 3, "ill": 3}), (3, 0.05), (19, 0.3)]
)
def test_ordinary_undersampling_is_not_warned_of(rarest: int, ratio: Ratio) -> None:
    """Twenty images are no longer few; counts were asked for; a tenth of the rows is shown."""
    lopsided(rarest, ratio)  # warnings are errors in tests
