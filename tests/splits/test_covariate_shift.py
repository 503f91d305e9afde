"""Covariate shift: standardised differences by hand."""

import json
import math
import re
from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import CovariateShift, Partition, covariate_shifts


def eight(**covariates: Any) -> tuple[Cohort, Partition]:
    """Make eight rows; the first four are trained on, the last four are the test."""
    cohort = Cohort(
        images=[f"{k}.png" for k in range(8)],
        labels=["a", "b", "a", "b", "a", "a", "a", "b"],
        patients=[f"p{k}" for k in range(8)],
        positive="a",
        covariates=covariates,
    )
    return cohort, Partition(
        train=np.arange(4),
        validation=np.array([], dtype=np.int64),
        test=np.arange(4, 8),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=8,
    )


def test_differences_by_hand_largest_first() -> None:
    """Ages 1..4 against 5..8 differ by 4 over sqrt(1.25); the label's share by .25 over .4677."""
    shifts = covariate_shifts(*eight(age=np.arange(1.0, 9.0)))

    assert [(s.covariate, s.value, s.part) for s in shifts] == [
        ("age", None, "test"),
        ("label", "a", "test"),
    ]
    assert (shifts[0].in_train, shifts[0].in_part) == (2.5, 6.5)
    assert shifts[0].difference == pytest.approx(4 / math.sqrt(1.25))
    # Shares 1/2 and 3/4 have the variances 1/4 and 3/16.
    assert shifts[1].difference == pytest.approx(0.25 / math.sqrt((1 / 4 + 3 / 16) / 2))
    assert "2.5 to 6.5, standardised difference +3.58" in str(shifts[0])


def test_each_of_several_values_is_compared_and_ids_are_not() -> None:
    """Three sites give three shares; a text of more than 50 values gives none."""
    cohort, partition = eight(site=list("xyzxxyzz"))

    shifts = [s for s in covariate_shifts(cohort, partition) if s.covariate == "site"]

    assert {s.value for s in shifts} == {"x", "y", "z"}
    assert sum(s.in_part or 0 for s in shifts) == pytest.approx(1.0)


def test_what_cannot_be_estimated_comes_first_with_its_reason() -> None:
    """A part without values, and constants that differ, have no standardised difference."""
    cohort, partition = eight(
        age=[1.0, 2.0, 3.0, 4.0, *[math.nan] * 4], machine=[1.0] * 4 + [2.0] * 4
    )

    shifts = {s.covariate: s for s in covariate_shifts(cohort, partition)}

    assert list(shifts)[:2] == ["age", "machine"]
    assert shifts["age"].difference is None
    assert "none but missing values" in str(shifts["age"])
    assert shifts["machine"].not_estimable == "1 throughout in one part and 2 in the other"


def test_missing_values_are_left_out_and_equal_constants_do_not_differ() -> None:
    """The mean of 1 and 3 is 2 whatever is missing beside them; a constant moves by 0."""
    cohort, partition = eight(
        age=[1.0, 3.0, math.nan, math.nan, 1.0, 3.0, 2.0, 2.0], machine=[5] * 8
    )
    shifts = {s.covariate: s for s in covariate_shifts(cohort, partition)}

    assert shifts["age"].in_train == 2.0
    assert shifts["age"].difference == 0.0
    assert shifts["machine"].difference == 0.0


def test_the_dict_is_plain_and_another_cohort_is_refused() -> None:
    """JSON takes it; the fingerprints must agree."""
    cohort, partition = eight(age=np.arange(8.0))
    record = covariate_shifts(cohort, partition)[0].to_dict()

    assert json.loads(json.dumps(record)) == record
    with pytest.raises(InvalidInputError, match="another cohort"):
        covariate_shifts(cohort.take(range(7)), partition)


def test_a_shift_is_written_with_its_value() -> None:
    """A share is that of a named value; where there is no difference both ends are still told."""
    share = CovariateShift("site", "x", "test", 0.5, 0.25, -0.53)
    assert str(share) == "site = x, train to test: 0.5 to 0.25, standardised difference -0.53"
    mean = CovariateShift("age", None, "validation", 2.0, 2.0, 0.0)
    assert str(mean) == "age, train to validation: 2 to 2, standardised difference +0.00"
    cohort, partition = eight(machine=[1.0] * 4 + [2.0] * 4)
    found = {s.covariate: s for s in covariate_shifts(cohort, partition)}["machine"]
    assert (found.in_train, found.in_part) == (1.0, 2.0)


def test_of_two_values_one_is_told_and_of_more_than_fifty_none() -> None:
    """Two sites: the second's share. 51 values are ids, 50 are not."""
    cohort, partition = eight(site=list("xyxyxxyy"))
    told = [s.value for s in covariate_shifts(cohort, partition) if s.covariate == "site"]
    assert told == ["y"]
    for levels, shown in ((50, 50), (51, 0)):
        ids = Cohort(
            images=[f"{k}.png" for k in range(102)],
            labels=["a", "b"] * 51,
            patients=[f"p{k}" for k in range(102)],
            positive="a",
            covariates={"name": [f"n{k % levels}" for k in range(102)]},
        )
        halves = Partition(
            train=np.arange(51),
            validation=np.array([], dtype=np.int64),
            test=np.arange(51, 102),
            cohort_fingerprint=ids.fingerprint,
            n_rows=102,
        )
        assert sum(s.covariate == "name" for s in covariate_shifts(ids, halves)) == shown


def test_the_validation_part_is_compared_too_and_the_largest_shift_comes_first() -> None:
    """Rows 2 and 3 against 0 and 1, then 4 to 7: entries by size, whatever their part."""
    cohort, _ = eight(age=[1.0, 3.0, 2.0, 4.0, 7.0, 9.0, 7.0, 9.0])
    partition = Partition(
        train=np.array([0, 1]),
        validation=np.array([2, 3]),
        test=np.arange(4, 8),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=8,
    )
    shifts = covariate_shifts(cohort, partition)

    # Means 2, 3 and 8, all variances 1; the label's share is 1/2, 1/2 and 3/4.
    assert [(s.covariate, s.part) for s in shifts] == [
        ("age", "test"),
        ("age", "validation"),
        ("label", "test"),
        ("label", "validation"),
    ]
    assert [s.difference for s in shifts] == pytest.approx([6, 1, 0.25 / math.sqrt(7 / 32), 0])
    down = covariate_shifts(*eight(age=np.arange(8.0)[::-1].copy()))
    assert down[0].covariate == "age"
    assert down[0].difference == pytest.approx(-4 / math.sqrt(1.25))


def test_where_one_part_varies_the_mean_of_both_variances_counts() -> None:
    """1 throughout against 1, 3, 1, 3: a mean of 2 less 1 over the root of half of 0 + 1."""
    shifts = covariate_shifts(*eight(age=[1.0] * 4 + [1.0, 3.0, 1.0, 3.0]))

    assert shifts[0].difference == pytest.approx(1 / math.sqrt(0.5))


@pytest.mark.parametrize("missing", ["train", "test"])
def test_a_part_of_missing_values_alone_says_so(missing: str) -> None:
    """Whichever part it is; neither mean is told, and the covariate and part are."""
    half = [math.nan] * 4
    age = [*half, 1.0, 2.0, 3.0, 4.0] if missing == "train" else [1.0, 2.0, 3.0, 4.0, *half]
    shift = covariate_shifts(*eight(age=age))[0]

    assert vars(shift) == {
        "covariate": "age",
        "value": None,
        "part": "test",
        "in_train": None,
        "in_part": None,
        "difference": None,
        "not_estimable": "one part has none but missing values",
    }
    assert str(shift) == ("age, train to test: not estimable, one part has none but missing values")


def test_a_value_in_one_part_alone_has_its_shares_but_no_difference() -> None:
    """Site x is all of train and none of test; of a third value in no part the share is 0."""
    shifts = [s for s in covariate_shifts(*eight(site=list("xxxxyyyy"))) if s.covariate == "site"]

    assert [(s.value, s.in_train, s.in_part, s.difference) for s in shifts] == [
        ("y", 0.0, 1.0, None)
    ]
    assert shifts[0].not_estimable == "0 throughout in one part and 1 in the other"


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.float32])
def test_every_kind_of_number_is_compared_by_its_mean(kind: type) -> None:
    """1 to 8 in whatever type, and written as texts; letters are eight values."""
    shifts = covariate_shifts(*eight(age=np.arange(1, 9).astype(kind)))

    assert [(s.value, s.in_train, s.in_part) for s in shifts if s.covariate == "age"] == [
        (None, 2.5, 6.5)
    ]
    written = covariate_shifts(*eight(age=np.arange(1, 9).astype(np.str_)))
    assert [s.in_part for s in written if s.covariate == "age"] == [6.5]
    texts = covariate_shifts(*eight(age=np.array(list("abcdefgh"))))
    assert len([s for s in texts if s.covariate == "age"]) == 8


def test_one_value_is_told_and_of_two_the_positive_class() -> None:
    """A text of one value has a share of 1, which moves by 0; of two the positive class is told."""
    shifts = covariate_shifts(*eight(site=["x"] * 8, other=list("abababab")))

    assert [(s.value, s.difference) for s in shifts if s.covariate == "site"] == [("x", 0.0)]
    # Of two values the cohort's positive class is told, even of another column.
    assert [s.value for s in shifts if s.covariate == "other"] == ["a"]


def test_a_partition_without_training_rows_has_nothing_to_compare_with() -> None:
    """No rows to train on, no shift."""
    cohort, _ = eight(age=np.arange(8.0))
    partition = Partition(
        train=np.array([], dtype=np.int64),
        validation=np.arange(4),
        test=np.arange(4, 8),
        cohort_fingerprint=cohort.fingerprint,
        n_rows=8,
    )
    assert covariate_shifts(cohort, partition) == []


def test_a_shift_has_an_id_of_its_own_whatever_its_size() -> None:
    """Of covariate, value and part, nothing else; the record holds it, and the page explains it."""
    small, large = (CovariateShift("site", "x", "test", 0.5, 0.4, size) for size in (-0.1, -0.9))
    others = [
        CovariateShift("site", "y", "test", 0.5, 0.4, -0.1),
        CovariateShift("site", None, "test", 0.5, 0.4, -0.1),
        CovariateShift("site", "x", "validation", 0.5, 0.4, -0.1),
        CovariateShift("age", "x", "test", 0.5, 0.4, -0.1),
    ]

    assert small.id == large.id == large.to_dict()["id"]
    assert re.fullmatch(r"shift-[0-9a-f]{8}", small.id)
    assert len({small.id, *(each.id for each in others)}) == 5
    assert small.page == "reference/findings.html#finding-shift"


def test_an_imbalance_is_above_a_tenth() -> None:
    """On either side; 0.1 itself is none; two values that never vary are one if they differ."""
    sizes = [-0.11, -0.1, 0.0, 0.1, 0.11]
    found = [CovariateShift("age", None, "test", 1.0, 2.0, size).is_imbalance for size in sizes]
    assert found == [True, False, False, False, True]
    assert CovariateShift("age", None, "test", 40.0, 70.0, None, "40 and 70").is_imbalance
    assert not CovariateShift("age", None, "test", None, None, None, "missing").is_imbalance
