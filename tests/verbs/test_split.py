"""`prevalens split`: a partition is written once, and only whole."""

from pathlib import Path

import pytest
from verbs.words import COLUMNS

from prevalens.command import main


@pytest.mark.filterwarnings("default:No image is there")
def test_a_split_is_written_and_passes_its_audit(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parts of whole patients; the audit finds nothing and says what it could not look at."""
    out = str(tmp_path / "partition.json")
    assert main(["split", str(cohort_table), *COLUMNS, "--seed", "3", "-o", out]) == 0
    assert "train: Cohort(" in capsys.readouterr().out
    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", out]) == 0
    told = capsys.readouterr()
    assert "Nothing found" in told.out
    assert "NOT looked for: identical" in told.out
    assert "prevalens: warning: No image is there" in told.err


def test_a_split_never_replaces_another(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same draw may be written again; another one, or any other file, stays as it was."""
    out = tmp_path / "partition.json"
    words = ["split", str(cohort_table), *COLUMNS, "-o", str(out)]
    assert main([*words, "--seed", "3"]) == 0
    written = out.read_bytes()
    assert main([*words, "--seed", "3"]) == 0
    assert main([*words, "--seed", "4"]) == 2
    assert "Name another --output" in capsys.readouterr().err
    assert out.read_bytes() == written

    out.write_text("no JSON", encoding="utf-8")
    assert main(words) == 2
    assert out.read_text(encoding="utf-8") == "no JSON"


def test_a_split_without_validation_tells_of_the_parts_there_are(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines for two parts, then the file: an empty part is not a cohort."""
    words = ["split", str(cohort_table), *COLUMNS, "--validation", "0", "--test", "0.5"]

    assert main([*words, "-o", str(tmp_path / "p.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["train", "test"]
