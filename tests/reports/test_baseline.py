"""Characteristics of each part, by hand count; small counts are not told."""

import numpy as np

from prevalens.cohorts import Cohort
from prevalens.reports.baseline import baseline


def test_levels_are_counted_and_numbers_summarised() -> None:
    """Ten of twenty rows are f in one part; ages 0 to 19 have a median of 9.5."""
    rows = np.arange(40)
    cohort = Cohort(
        images=[f"{row}.png" for row in rows],
        labels=["sick", "well"] * 20,
        patients=[f"p{row}" for row in rows],
        positive="sick",
        covariates={
            "sex": np.where(rows % 2 == 0, "f", "m"),
            "age": rows.astype(float),
            "site": np.where(rows < 2, "rare", "main"),
            "id": np.array([f"x{row}" for row in rows]),
        },
    )
    parts = {"train": rows[:20], "validation": rows[:0], "test": rows[20:]}
    found = {(row.covariate, row.level): row.cells for row in baseline(cohort, parts)}

    assert found["sex", "f"] == {"train": "10 (50%)", "test": "10 (50%)"}
    assert found["age", "median (quartiles)"]["train"] == "9.5 (4.75 to 14.25)"
    assert found["site", "rare"] == {"train": "fewer than 5", "test": "0 (0%)"}
    assert not any(covariate == "id" for covariate, _ in found)


def test_numbers_that_a_part_does_not_have_are_missing() -> None:
    """Ages known in one part only: 0 to 19 there, none in the other."""
    rows = np.arange(40)
    cohort = Cohort(
        images=[f"{row}.png" for row in rows],
        labels=["sick", "well"] * 20,
        patients=[f"p{row}" for row in rows],
        positive="sick",
        covariates={"age": np.where(rows < 20, rows.astype(float), np.nan)},
    )
    (age,) = baseline(cohort, {"here": rows[:20], "there": rows[20:]})
    assert age.cells == {"here": "9.5 (4.75 to 14.25)", "there": "missing"}
