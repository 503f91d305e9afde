"""`prevalens describe`: the counts of a table."""

from pathlib import Path

import pytest
from verbs.words import COLUMNS

from prevalens.cohorts import read_table
from prevalens.command import main


def test_the_counts_are_those_of_the_cohort(
    cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `Cohort.describe` says, word for word; no image need be there."""
    assert main(["describe", str(cohort_table), *COLUMNS]) == 0
    cohort = read_table(
        cohort_table,
        image="file",
        label="diagnosis",
        patient="person",
        positive="sick",
        check_files=False,
    )

    assert capsys.readouterr().out == f"{cohort.describe()}\n"
