"""Duplicates: found by their hashes, paired, and joined."""

from pathlib import Path

import pytest

from prevalens.cohorts import Cohort, find_duplicates
from prevalens.exceptions import InvalidInputError, UnreadableImageError


def columns(hashes: list[str], patients: str) -> Cohort:
    """Make a cohort with the given hashes and one-letter patients."""
    n = len(hashes)
    return Cohort(
        images=[f"{k}.png" for k in range(n)],
        labels=["a", "b"] * (n // 2) + ["a"] * (n % 2),
        patients=list(patients),
        positive="a",
        covariates={"sha256": hashes},
    )


def test_groups_and_pairs_of_equal_hashes() -> None:
    """X at rows 0, 2, 5 is three pairs, y at rows 1, 4 is one, z is none."""
    found = find_duplicates(columns(["x", "y", "x", "z", "y", "x"], "ppqrrs"))

    assert [group.tolist() for group in found.identical] == [[0, 2, 5], [1, 4]]
    assert found.identical_pairs.tolist() == [[0, 2], [0, 5], [2, 5], [1, 4]]


def test_hashes_are_equal_in_either_case() -> None:
    """PowerShell writes ABCDEF where `sha256sum` writes abcdef; a missing hash is no hash."""
    found = find_duplicates(columns([" AB12", "ab12", "AB13"], "pqr"))

    assert [group.tolist() for group in found.identical] == [[0, 1]]
    for missing in (None, float("nan"), "NA"):
        with pytest.raises(InvalidInputError, match="Every row needs its hash"):
            find_duplicates(columns(["a", "b"], "pq"), hashes=[missing, missing])


def test_pairs_of_patients_chain_each_group() -> None:
    """p, q and s share x, p and r share y; joined they are one patient."""
    cohort = columns(["x", "y", "x", "z", "y", "x"], "ppqrrs")
    pairs = find_duplicates(cohort).patient_pairs

    assert pairs == [("p", "q"), ("p", "r"), ("q", "s")]
    assert set(cohort.join_patients(pairs).patients.tolist()) == {"p+q+r+s"}


def test_without_duplicates_there_are_no_pairs() -> None:
    """Different hashes give empty results of the right shape."""
    found = find_duplicates(columns(["x", "y"], "pq"))

    assert found.identical == ()
    assert found.identical_pairs.shape == (0, 2)
    assert found.patient_pairs == []


def test_files_are_read_where_no_hashes_are_given(image_cohort: Cohort) -> None:
    """A copied file is found from its bytes."""
    image_cohort.path(7).write_bytes(image_cohort.path(3).read_bytes())

    assert find_duplicates(image_cohort).identical_pairs.tolist() == [[3, 7]]


def test_missing_files_are_named(cohort: Cohort) -> None:
    """A cohort without files cannot be hashed; every name is in the error."""
    with pytest.raises(UnreadableImageError, match=r"p0_0\.png"):
        find_duplicates(cohort)


@pytest.mark.parametrize("hashes", [["x"], ["x", ""]])
def test_hashes_must_be_one_per_row(tmp_path: Path, hashes: list[str]) -> None:
    """Too few and empty hashes are refused."""
    with pytest.raises(InvalidInputError, match="hash"):
        find_duplicates(columns(["x", "y"], "pq"), hashes=hashes)
