"""Tests of units and the draw of their parts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import DataWarning, ImpossibleSplitError, InvalidInputError
from prevalens.splits.units import (
    Units,
    check_shares,
    held_out_shares,
    read_labels,
    refuse_validation,
)


def draw(units: Units, n_parts: int, *, allow: bool = False, seed: int = 0) -> np.ndarray:
    """Draw equal parts."""
    return units.draw(
        [1 / n_parts] * n_parts,
        seed=seed,
        purpose=["test"],
        patient_weight=0.1,
        allow_missing_classes=allow,
    )


def test_units_count_images_by_class_and_stratum() -> None:
    """Patient a has two sick images at site x, patient b one well at each site."""
    units = Units.of(
        ["sick", "sick", "well", "well"],
        ["a", "a", "b", "b"],
        strata=["site"],
        columns={"site": np.array(["x", "x", "x", "y"])},
    )

    assert units.images.tolist() == [[2, 0], [0, 2]]
    assert units.strata["site"].tolist() == [0, 0, 0, 1]
    assert units.carries.tolist() == [[True, False], [False, True]]


def test_indicator_columns_are_counted_with_all_images() -> None:
    """Two findings give their positives per patient, and all images."""
    units = Units.of([[1, 0], [1, 1], [0, 0]], ["a", "a", "b"])

    assert units.images.tolist() == [[2, 1, 2], [0, 0, 1]]
    assert list(units.classes) == ["0", "1"]


def test_a_class_of_too_few_patients_is_named_with_them_and_what_works() -> None:
    """Three parts of a class from two patients are refused: two work."""
    units = Units.of(["s"] * 2 + ["w"] * 4, ["p1", "p2", "p3", "p4", "p5", "p6"])

    with pytest.raises(
        ImpossibleSplitError,
        match=r"class 's' comes from only 2 patients \('p1', 'p2'\)\. Here at most 2 parts work",
    ):
        draw(units, 3)


def test_patients_with_several_classes_can_make_it_impossible() -> None:
    """Three classes shared pairwise by three patients cannot fill two parts."""
    units = Units.of(list("ababcc"), ["1", "1", "2", "3", "2", "3"])

    with pytest.raises(ImpossibleSplitError, match=r"several classes.*no number of parts works"):
        draw(units, 2)
    assert set(draw(units, 2, allow=True).tolist()) == {0, 1}


def test_fewer_patients_than_parts_is_impossible_even_where_classes_may_miss() -> None:
    """No part is left empty."""
    units = Units.of(["s", "w"], ["a", "b"])

    with pytest.raises(ImpossibleSplitError, match=r"only 2 patients.*at most 2"):
        draw(units, 3, allow=True)


def test_labels_that_are_fractions_are_refused() -> None:
    """A continuous column is a stratum, not a label."""
    with pytest.raises(InvalidInputError, match="through `strata`"):
        Units.of([0.5, 1.5], ["a", "b"])


def test_indicators_must_be_zero_or_one() -> None:
    """A 2 in an indicator column is refused."""
    with pytest.raises(InvalidInputError, match="0 or 1"):
        Units.of([[0, 2], [1, 0]], ["a", "b"])


def test_taking_rows_keeps_whole_units() -> None:
    """Rows of patient b alone leave one unit with its counts."""
    taken = Units.of(["s", "w", "w"], ["a", "b", "b"]).take(np.array([1, 2]))

    assert taken.ids == ["b"]
    assert taken.codes.tolist() == [0, 0]
    assert taken.images.tolist() == [[0, 2]]


def test_shares_leave_the_rest_to_train_on() -> None:
    """What is not held out is trained on; nothing left, or nothing held out, is refused."""
    assert held_out_shares(validation=0.0, test=0.25) == {"train": 0.75, "test": 0.25}
    with pytest.raises(InvalidInputError, match=r"sum to 1\b"):
        check_shares(validation=0.5, test=0.5)
    with pytest.raises(InvalidInputError, match="both 0"):
        held_out_shares(validation=0, test=0)
    with pytest.raises(InvalidInputError, match=r"`test` must be 0 or at least 0\.001"):
        check_shares(test=1e-9)


def test_a_search_that_is_given_up_is_no_way_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its steps the search answers nothing, so that parts which exist are refused too."""
    units = Units.of(list("ababab"), list("112233"))
    assert sorted(draw(units, 3).tolist()) == [0, 0, 1, 1, 2, 2]
    monkeypatch.setattr("prevalens.splits.coverage._STEPS", 1)

    with pytest.raises(ImpossibleSplitError, match="no way of keeping them whole was found"):
        draw(units, 3)


@pytest.mark.parametrize("bins", [1, 2.0, True])
def test_bins_that_are_none_are_refused_by_name(bins: object) -> None:
    """Two bins are the fewest; halves of a column are taken."""
    with pytest.raises(InvalidInputError, match=r"^`bins` must be a whole number >= 2"):
        Units.of(list("abab"), list("wxyz"), bins=bins)  # type: ignore[arg-type]
    units = Units.of(
        list("aaaa"), list("wxyz"), strata=["age"], columns={"age": np.arange(4)}, bins=2
    )
    assert units.strata["age"].tolist() == [0, 0, 1, 1]


def test_four_bins_are_the_default() -> None:
    """Eight ages are two and two, and images are those of the class alone."""
    units = Units.of(["s"] * 8, list("aabbccdd"), strata=["age"], columns={"age": np.arange(8.0)})
    assert units.strata["age"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert units.images.tolist() == [[2]] * 4
    assert units.images.dtype == np.int64
    assert (list(units.classes), list(units.ids)) == (["s"], list("abcd"))


def test_lengths_that_differ_are_told_by_name() -> None:
    """Three labels of two patients' rows."""
    with pytest.raises(InvalidInputError, match="`labels` has 3, `patients` has 2"):
        Units.of(["s", "w", "w"], ["a", "b"])


def test_findings_and_strata_stand_side_by_side() -> None:
    """Indicators and all images; the stratum's levels row by row; who has a finding carries it."""
    units = Units.of(
        [[1, 0], [0, 0], [1, 1], [0, 0]],
        ["a", "a", "b", "c"],
        strata=["site"],
        columns={"site": np.array(["x", "y", "y", "y"])},
    )
    assert units.images.tolist() == [[1, 0, 2], [1, 1, 1], [0, 0, 1]]
    assert units.strata["site"].tolist() == [0, 1, 1, 1]
    assert units.carries.tolist() == [[True, False], [True, True], [False, False]]


def test_label_is_the_row_of_findings_in_a_crossed_stratum() -> None:
    """Rows 0 0, 0 1 and 1 1 are three labels, whatever number each gets."""
    table = [[1, 1], [0, 0], [0, 1], [1, 1]]
    units = Units.of(
        table,
        list("abcd"),
        strata=["label", ("label", "site")],
        columns={"site": np.array(list("xxxy"))},
    )
    assert units.strata["label"].tolist() == [2, 0, 1, 2]
    assert len(set(units.strata["label x site"].tolist())) == 4


def test_classes_are_named_as_the_cohort_or_the_frame_names_them() -> None:
    """Codes stand for a cohort's classes; a frame's columns are the findings."""
    renamed = Units.of([1, 0, 1], list("abc")).renamed(["well", "sick"])
    assert list(renamed.classes) == ["well", "sick"]
    assert list(Units.of([1, 1], list("ab")).renamed(["well", "sick"]).classes) == ["sick"]
    frame = pd.DataFrame({"mass": [1, 0], 7: [0, 1]})
    assert list(Units.of(frame, list("ab")).classes) == ["mass", "7"]


def test_classes_that_rows_lack_are_named() -> None:
    """The whole unit of a row counts: patient a carries both classes."""
    units = Units.of(["s", "w", "w", "x"], ["a", "a", "b", "c"])

    assert units.classes_missing(np.array([0])) == ["x"]
    assert units.classes_missing(np.array([2, 3])) == ["s"]
    assert units.classes_missing(np.array([0, 3])) == []


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ([0.0, 0.5, np.nan], "fractions came"),
        ([0.0, 1.0, np.nan], "its label, but 1 of 3"),  # nan is missing, not a fraction
        ([[0.0], [0.5], [1.0]], "fractions came"),
        ([[0.0, 1.0], [0.5, 1.0], [1.0, 1.0]], "must be indicators, 0 or 1"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: list[Any], match: str) -> None:
    """Fractions and missing numbers, in one column or several; 1.0 is a class."""
    with pytest.raises(InvalidInputError, match=match):
        Units.of(np.array(labels), list("abc"))
    assert list(Units.of(np.array([[0.0], [1.0]]), list("ab")).classes) == ["0", "1"]


def test_the_draw_balances_images_first_and_takes_the_best() -> None:
    """Left out, the weight is 0.005 and the tolerance 0: 40 images against four patients of 10."""
    sizes = [40, 10, 10, 10, 10]
    patients = np.repeat(np.arange(5), sizes)
    units = Units.of(np.zeros(80, dtype=np.int64), patients)

    for seed in range(4):
        parts = units.draw([0.5, 0.5], seed=seed, purpose=["test"])
        assert np.bincount(parts).tolist() == [40, 40]
    heavy = units.draw([0.5, 0.5], seed=0, purpose=["test"], patient_weight=10)
    assert sorted(np.bincount(heavy).tolist()) == [30, 50]
    with pytest.raises(InvalidInputError, match=r"`patient_weight` must lie in \[0, inf\]"):
        units.draw([0.5, 0.5], seed=0, purpose=["test"], patient_weight=-1e-9)
    assert units.draw([0.5, 0.5], seed=0, purpose=["test"], patient_weight=0).shape == (80,)


def test_a_tolerance_lets_other_draws_in() -> None:
    """8, 7, 6, 5, 4 halve in one way; within 0.4 other seeds give other halves."""
    units = Units.of([0] * 30, np.repeat(np.arange(5), [8, 7, 6, 5, 4]))

    def drawn(**settings: float) -> int:
        made = [
            units.draw([0.5, 0.5], seed=seed, purpose=["test"], **settings) for seed in range(6)
        ]
        return len({tuple((parts == parts[0]).tolist()) for parts in made})

    assert drawn() == 1
    assert drawn(tolerance=0.4) > 1


def test_purpose_and_seed_name_the_draw() -> None:
    """Another purpose is another draw; the same one the same."""
    units = Units.of([0] * 40, np.arange(40))
    draws = {
        (seed, purpose): tuple(units.draw([0.5, 0.5], seed=seed, purpose=[purpose]).tolist())
        for seed in (0, 1)
        for purpose in ("one", "two")
    }
    assert len(set(draws.values())) == 4
    again = units.draw([0.5, 0.5], seed=1, purpose=["two"])
    assert tuple(again.tolist()) == draws[1, "two"]


def test_parts_that_may_lack_a_class_are_the_last_ones() -> None:
    """Of carriers 1, 2 and 3 in three parts, the third may lack two classes, the second one."""
    units = Units.of(list("abbcccddd"), np.arange(9))

    # Bit 0 is that somebody is there at all, which no part may lack.
    assert units._excused(3) == [0, 2, 2 + 4]
    assert units._excused(4) == [0, 2, 2 + 4, 2 + 4 + 8 + 16]
    for seed in range(5):
        parts = draw(units, 3, allow=True, seed=seed)
        held = [set(np.array(list("abbcccddd"))[parts == part].tolist()) for part in range(3)]
        assert sorted(map(len, held)) == [2, 3, 4]


def test_where_nothing_covers_every_part_is_still_filled() -> None:
    """Classes shared pairwise by three patients: no two parts hold all, but none stays empty."""
    units = Units.of(list("ababcc"), ["1", "1", "2", "3", "2", "3"])
    required, seeds = units._covering(2, allow_missing=True)

    assert required.tolist() == [[True]] * 3
    assert seeds == [[1], [1]]
    required, seeds = units._covering(1, allow_missing=False)
    assert required.tolist() == [[True, *row] for row in units.carries.tolist()]
    # Two of the three patients bring all of a, b and c, and that somebody is there: 1 + 2 + 4 + 8.
    assert len(seeds[0]) == 2
    assert seeds[0][0] | seeds[0][1] == 15


@pytest.mark.parametrize("n_parts", [5, 7])
def test_the_most_parts_that_work_are_named(n_parts: int) -> None:
    """Four patients of the rarest class: four parts, however many more were asked for."""
    units = Units.of(["s"] * 4 + ["w"] * 8, np.arange(12))

    with pytest.raises(ImpossibleSplitError, match=r"Here at most 4 parts work\."):
        draw(units, n_parts)
    with pytest.raises(ImpossibleSplitError, match=r"only 1 patients \('0'\)\. Here no number of"):
        draw(Units.of(["s", "w", "w"], np.arange(3)), 2)


def test_of_many_patients_of_the_rarest_class_twenty_are_named() -> None:
    """Twenty-one sick patients of forty cannot fill twenty-two parts; as many parts as patients."""
    units = Units.of(["s"] * 21 + ["w"] * 30, [f"p{k:02}" for k in range(51)])

    with pytest.raises(ImpossibleSplitError) as caught:
        draw(units, 22)
    text = str(caught.value)
    assert text.startswith(
        "Cannot make 22 parts that each hold every class: class 's' comes from only 21 patients "
        "('p00', 'p01',"
    )
    assert "'p19'). Here at most 21 parts work. Use fewer parts" in text
    assert "p20" not in text
    both = Units.of(list("swsw"), [1, 1, 2, 2])
    with pytest.raises(ImpossibleSplitError, match=r"Cannot make 3 parts: there are only 2 pat"):
        draw(both, 3)
    assert sorted(draw(both, 2).tolist()) == [0, 0, 1, 1]


def test_enough_patients_of_the_rarest_class_are_named_too() -> None:
    """Where classes overlap the rarest has patients enough: the text says what was in the way."""
    units = Units.of(list("ababcc"), ["1", "1", "2", "3", "2", "3"])

    with pytest.raises(
        ImpossibleSplitError,
        match=r"no way of keeping them whole was found; the rarest class, 'a', comes from 2 "
        r"\('1', '2'\)\. Here no number of parts works\.",
    ):
        draw(units, 2)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"validation": -0.1}, r"`validation` must lie in \[0, 1\), got -0\.1\."),
        ({"test": 1}, r"`test` must lie in \[0, 1\), got 1\."),
        ({"test": "a"}, r"`test` must be a number, got 'a'\."),
        ({"test": 0.00099}, r"`test` must be 0 or at least 0\.001, got 0\.00099\."),
        ({"validation": 0.0002, "test": 0.0001}, "`validation` must be 0 or at least"),
        ({"validation": 0.6, "test": 0.4}, r"but `validation` and `test` sum to 1\. Make"),
        ({"validation": 0.6, "test": 0.5}, r"but `validation` and `test` sum to 1\.1\. Make"),
        ({"test": 1 - 1e-10}, r"but `test` sum to 1\. Make"),
    ],
)
def test_shares_that_cannot_be_are_refused_by_name(shares: dict[str, float], message: str) -> None:
    """The share, its range, and what was given."""
    with pytest.raises(InvalidInputError, match=message):
        check_shares(**shares)


def test_shares_at_their_limits_are_taken() -> None:
    """Nothing, a thousandth, and all but a thousandth; train comes first."""
    assert check_shares(validation=0, test=0.001) == {
        "train": 0.999,
        "validation": 0,
        "test": 0.001,
    }
    assert check_shares(test=0.999)["train"] == pytest.approx(0.001)
    assert list(held_out_shares(validation=0.25, test=0.25)) == ["train", "validation", "test"]
    assert held_out_shares(validation=0.25, test=0) == {"train": 0.75, "validation": 0.25}
    with pytest.raises(InvalidInputError, match="`test` must lie in"):
        held_out_shares(validation=0.1, test=2)
    with pytest.raises(InvalidInputError, match="`validation` must lie in"):
        held_out_shares(validation=2, test=0.1)


def test_a_validation_part_or_no_test_part_is_not_for_split() -> None:
    """Train and test rows alone are what scikit-learn takes."""
    refuse_validation(validation=0, test=0.001)
    for validation, test in ((0.1, 0.2), (0, 0), (0.1, 0)):
        said = f"validation={validation:g} and test={test:g}\\. Set validation=0 and a test share"
        with pytest.raises(InvalidInputError, match=said):
            refuse_validation(validation=validation, test=test)


def test_a_patient_with_more_of_a_class_than_a_part_is_due_is_told_of() -> None:
    """Half of the sick images are of one patient, and five parts are due a fifth each."""
    sizes = [80, 20, 20, 20, 20, *[10] * 10]
    labels, patients = [["s"] * 5 + ["w"] * 10, [f"p{k}" for k in range(15)]]
    units = Units.of(np.repeat(labels, sizes), np.repeat(patients, sizes))

    with pytest.warns(
        DataWarning,
        match=r"Patient 'p0' alone has 80 of the 160 images of class 's'.* 5 parts is due \(20%\)"
        r".*balance='prevalence'",
    ):
        draw(units, 5)
    with pytest.warns(DataWarning, match=r"or leave out some of those images\.$"):
        units.draw([0.2] * 5, seed=0, purpose=["test"], balance="prevalence")
    draw(units, 2)  # half is what a half is due


def test_prevalence_is_kept_where_counts_are_forced_apart() -> None:
    """One sick patient of 60 images: their part gets the well images that keep a third sick."""
    sizes = [60, *[10] * 6, *[10] * 24]
    labels = np.repeat(np.array([1] * 7 + [0] * 24), sizes)
    units = Units.of(labels, np.repeat(np.arange(31), sizes))

    def shares_sick(balance: str) -> list[float]:
        parts = units.draw([0.25] * 4, seed=0, purpose=["test"], balance=balance)
        return [float(labels[parts == part].mean()) for part in range(4)]

    with pytest.warns(DataWarning, match="Patient '0' alone has 60 of the 120 images of class '1'"):
        counts, prevalence = shares_sick("counts"), shares_sick("prevalence")
    assert max(counts) == pytest.approx(0.5)  # 60 sick, and a quarter of 240 well
    assert prevalence == pytest.approx([1 / 3] * 4)


def test_parts_keep_their_sizes_and_prevalence_whatever_rare_levels_a_stratum_has() -> None:
    """100 patients of 80 wards into 60, 20 and 20 %: the label first, and the wards told of."""
    rng = np.random.default_rng(0)
    sick = np.repeat(rng.permutation(100) < 24, 4).astype(int)
    wards = np.array([f"ward {k % 80}" for k in range(100)]).repeat(4)
    patients = np.repeat(np.arange(100), 4)
    units = Units.of(sick, patients, strata=["ward"], columns={"ward": wards})

    with pytest.warns(DataWarning, match=r"'ward' cannot be balanced: 80 of its 80 .* 5 pat"):
        parts = units.draw([0.6, 0.2, 0.2], seed=0, purpose=["test"])
    assert np.bincount(parts).tolist() == [240, 80, 80]
    # 96 sick images are 14.4, 4.8 and 4.8 patients: 14 or 15, and 5 or 4.
    assert [round(float(sick[parts == part].mean()), 1) for part in range(3)] == [0.2] * 3


@pytest.mark.parametrize("missing", [np.ma.masked, pd.NA])
def test_findings_that_are_missing_are_refused(missing: Any) -> None:
    """Nothing is balanced by what lies under a mask or is NA."""
    if missing is pd.NA:
        table: Any = pd.DataFrame({"a": [1, 0, pd.NA], "b": [0, 1, 1]}, dtype="Int64")
    else:
        table = np.ma.array([[1, 0], [0, 1], [1, 1]], mask=[[0, 0], [0, 0], [1, 0]])
    with pytest.raises(InvalidInputError, match="must be indicators, 0 or 1"):
        read_labels(table)
