"""What the tests of batches may ask for."""

from pathlib import Path

import pytest
from coded_images import make_coded_cohort

from prevalens.cohorts import Cohort


@pytest.fixture
def coded_cohort(tmp_path: Path) -> Cohort:
    """Thirty-one images, the first seven sick, whose every pixel is their row number."""
    return make_coded_cohort(tmp_path / "coded", labels=["sick"] * 7 + ["well"] * 24)
