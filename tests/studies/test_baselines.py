"""Thumbnails and covariates as features."""

from pathlib import Path

import numpy as np
import pytest
from coded_images import make_coded_cohort

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.studies.baselines import covariate_features, thumbnail_features


def test_a_thumbnail_is_the_image_at_16_pixels(tmp_path: Path) -> None:
    """An even image stays even: 768 times its grey value, row for row."""
    made = thumbnail_features(make_coded_cohort(tmp_path / "x", labels=["sick", "well"] * 4))

    np.testing.assert_array_equal(made, np.repeat(np.arange(8.0)[:, np.newaxis], 768, axis=1))


def with_columns(**covariates: object) -> Cohort:
    """Return four images with covariates."""
    return Cohort(
        images=list("abcd"),
        labels=["sick", "well"] * 2,
        patients=list("abcd"),
        positive="sick",
        covariates=covariates,  # type: ignore[arg-type]
    )


def test_numbers_and_texts_become_columns() -> None:
    """A number with a gap is two columns; a text one a level; an id none."""
    cohort = with_columns(age=[30.0, np.nan, 50.0, 70.0], view=["AP", "PA", "AP", "PA"])
    made = covariate_features(cohort)

    expected = [[30, 0, 1, 0], [50, 1, 0, 1], [50, 0, 1, 0], [70, 0, 0, 1]]
    np.testing.assert_array_equal(made, expected)


def test_ids_alone_are_no_baseline() -> None:
    """21 texts are an id; the covariate that names the parts is left out when asked."""
    n = 42
    cohort = Cohort(
        images=[f"{k}" for k in range(n)],
        labels=["sick", "well"] * 21,
        patients=[f"{k}" for k in range(n)],
        positive="sick",
        covariates={"id": [f"x{k % 21}" for k in range(n)], "part": ["a", "b"] * 21},
    )

    assert covariate_features(cohort).shape == (n, 2)
    with pytest.raises(InvalidInputError, match="No covariate can be a baseline"):
        covariate_features(cohort, without=["part"])
