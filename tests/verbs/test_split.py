"""`prevalens split`: a partition is written once, and only whole."""

from pathlib import Path

import pytest
from verbs.words import COLUMNS

from prevalens._tables import read_all_columns
from prevalens.cohorts import read_table
from prevalens.command import main
from prevalens.splits import Partition, PatientKFold


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
    assert [line.split(":")[0] for line in lines[:2]] == ["train", "test"]


def test_a_table_of_parts_is_the_table_with_a_column(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every other cell is kept, the parts are those of the partition, the precision is printed."""
    json_file, csv_file = tmp_path / "partition.json", tmp_path / "x" / "parts.csv"
    words = ["split", str(cohort_table), *COLUMNS, "--correlation", "cells"]
    assert main([*words, "-o", str(json_file), "-o", str(csv_file)]) == 0
    told = capsys.readouterr().out
    assert "correlation of 0.1" in told
    assert "0.9 +- " in told
    assert f"its image paths start from {tmp_path}" in told

    before, after = read_all_columns(cohort_table), read_all_columns(csv_file)
    columns = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}
    cohort = read_table(cohort_table, **columns, check_files=False)
    partition = Partition.load(json_file, cohort=cohort)
    for name, rows in partition.parts().items():
        assert [row for row, part in enumerate(after["part"]) if part == name] == rows.tolist()
    assert {name: after[name] for name in before} == before
    # The column is read back as the same parts.
    cohort = read_table(csv_file, **columns, covariates=["part"], check_files=False)
    assert Partition.of(cohort, column="part").test.tolist() == partition.test.tolist()
    written = csv_file.read_bytes()
    assert main([*words, "-o", str(csv_file)]) == 0
    assert main([*words, "--seed", "4", "-o", str(csv_file)]) == 2
    assert csv_file.read_bytes() == written


def test_folds_are_a_column_of_numbers(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of `PatientKFold`; a line of the precision plan each."""
    out = tmp_path / "folds.csv"
    words = ["split", str(cohort_table), *COLUMNS, "--folds", "4", "-o"]
    assert main([*words, str(out)]) == 0
    told = capsys.readouterr().out
    found = read_all_columns(out)
    labels = [int(name == "sick") for name in found["diagnosis"]]
    cut = PatientKFold(4, seed=0).split(labels, labels, found["person"])

    for number, (_, test) in enumerate(cut):
        rows = [row for row, fold in enumerate(found["fold"]) if fold == str(number)]
        assert rows == test.tolist()
        assert f"\nfold {number}  {len(rows)} " in told
    assert main([*words, str(tmp_path / "folds.json")]) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--folds", "3", "--test", "0.2"], "--test: of parts"),
        (["--correlation", "high"], "one of 'cells', 'lesions', got 'high'"),
        (["--column", "site"], "has a column 'site' already"),
    ],
)
def test_what_a_split_cannot_use_is_refused(
    cohort_table: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    """Nothing is written then."""
    out = tmp_path / "parts.csv"
    assert main(["split", str(cohort_table), *COLUMNS, *words, "-o", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()
