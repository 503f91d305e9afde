"""`prevalens audit`: what it finds and the codes it ends with."""

from pathlib import Path

import numpy as np
import pytest
from verbs.words import COLUMNS

from prevalens.cohorts import read_table
from prevalens.command import main
from prevalens.splits import Partition


@pytest.mark.filterwarnings("default:No image is there")
def test_an_audit_that_finds_something_has_code_one(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A patient whose first image is trained on and the rest not is found, and named."""
    out = tmp_path / "partition.json"
    columns = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}
    cohort = read_table(cohort_table, **columns, check_files=False)
    rows = np.arange(len(cohort))
    Partition(
        train=rows[:101],
        validation=rows[101:150],
        test=rows[150:],
        cohort_fingerprint=cohort.fingerprint,
        n_rows=len(cohort),
        patients_crossing=1,
    ).save(out)

    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", str(out)]) == 1
    assert "patient 'k20' (train, validation)" in capsys.readouterr().out


@pytest.mark.parametrize("partition", ["absent.json", "."])
def test_an_audit_without_its_partition_is_a_sentence(
    partition: str, cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A partition that is not there, or is a folder, is named; there is no traceback."""
    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", partition]) == 2
    assert f"{partition} is no regular file" in capsys.readouterr().err
