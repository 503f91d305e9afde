"""Characteristics of each part, by hand count; small counts are not told."""

import numpy as np

from prevalens.cohorts import Cohort
from prevalens.reports.baseline import baseline

ROWS = np.arange(40)


def cohort(**covariates: np.ndarray) -> Cohort:
    """Return forty images of forty patients."""
    return Cohort(
        images=[f"{row}.png" for row in ROWS],
        labels=["sick", "well"] * 20,
        patients=[f"p{row}" for row in ROWS],
        positive="sick",
        covariates=covariates,
    )


def test_levels_are_counted_and_numbers_summarised() -> None:
    """Ten of twenty rows are f in one part; ages 0 to 19 have a median of 9.5."""
    held = cohort(
        sex=np.where(ROWS % 2 == 0, "f", "m"),
        age=ROWS.astype(float),
        site=np.where(ROWS < 2, "rare", "main"),
        id=np.array([f"x{row}" for row in ROWS]),
    )
    parts = {"train": ROWS[:20], "validation": ROWS[:0], "test": ROWS[20:]}
    found = {(row.covariate, row.level): row.cells for row in baseline(held, parts)}

    assert found["sex", "f"] == {"train": "10 (50%)", "test": "10 (50%)"}
    assert found["age", "median (quartiles)"]["train"] == "9.5 (4.75 to 14.25)"
    assert found["site", "rare"] == {"train": "fewer than 5", "test": "0 (0%)"}
    assert not any(covariate == "id" for covariate, _ in found)


def test_numbers_that_a_part_does_not_have_are_missing() -> None:
    """Ages known in one part only: 0 to 19 there, none in the other."""
    held = cohort(age=np.where(ROWS < 20, ROWS.astype(float), np.nan))
    (age,) = baseline(held, {"here": ROWS[:20], "there": ROWS[20:]})
    assert age.cells == {"here": "9.5 (4.75 to 14.25)", "there": "missing"}
