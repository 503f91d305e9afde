"""The columns that several verbs ask for."""

from pathlib import Path

import pytest
from verbs.words import COLUMNS

from prevalens.command import main


def test_a_missing_column_of_a_cohort_is_named(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest column is suggested, and nothing is written."""
    words = [word if word != "person" else "persons" for word in COLUMNS]
    code = main(["split", str(cohort_table), *words, "-o", str(tmp_path / "p.json")])

    assert code == 2
    assert "Did you mean 'person'" in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()
