"""`prevalens validate`: the next cohort as the shell names it."""

import argparse
from pathlib import Path

import pytest
from studies.test_validation import cohort_of, ended
from verbs.test_study import table

from prevalens.command import main
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.validate import add_arguments, run

pytestmark = pytest.mark.keras
THREE = ("sick", "well", "so-so")


def parsed(*words: str) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([*words])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of sick against well."""
    folder = tmp_path_factory.mktemp("shell")
    return ended(cohort_of(folder / "images", seed=0, mark="p"), folder)


def test_a_table_is_scored_and_each_measure_told(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a measure with both sides, and three files."""
    source = table(cohort_of(tmp_path / "later", seed=7, mark="q"))
    out = tmp_path / "out"

    assert main(["validate", str(study), source, "-o", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in ("auroc", "sensitivity", "specificity", "auroc within folds"):
        (line,) = [line for line in lines if line.startswith(f"{name}:")]
        assert [word in line for word in ("study ", "; here ", "; difference ")] == [True] * 3
    assert {path.name for path in out.iterdir()} == {
        *("report.html", "report.json", "predictions.csv")
    }
    assert main(["validate", str(study), source, "-o", str(out)]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_classes_beyond_the_studys_are_left_out_and_told(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two named classes a third is no negative."""
    later = cohort_of(tmp_path / "later", seed=7, mark="q", names=THREE)
    assert run(parsed(str(study), table(later), "-o", str(tmp_path / "out"))) == 0
    told = capsys.readouterr().out
    assert "left out, as the study is of 'sick' against 'well': so-so (12 images)" in told
    rows = (tmp_path / "out" / "predictions.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 24


def test_a_table_without_the_studys_class_is_refused(study: Path, tmp_path: Path) -> None:
    """Its classes are named."""
    later = cohort_of(tmp_path / "later", seed=7, mark="q", names=("ill", "fine"))
    words = [str(study), table(later), "-o", str(tmp_path / "out")]
    with pytest.raises(
        InvalidInputError, match=r"of the study, 'sick'; its classes are 'ill', 'fi"
    ):
        run(parsed(*words))
    with pytest.raises(InvalidInputError, match="no column 'dx' for --label"):
        run(parsed(*words, "--label", "dx"))


def test_a_folder_and_several_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Class folders, patients by the names of files, of which one class is not there."""
    source = ended(cohort_of(tmp_path / "images", seed=0, mark="p", names=THREE), tmp_path)
    later = cohort_of(tmp_path / "later", seed=7, mark="q", names=THREE)
    for row, name in enumerate(later.label_names.tolist()):
        if name != "sick":
            target = tmp_path / "sorted" / name / f"{later.patients[row]}_{row}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            later.path(row).rename(target)
    assert run(parsed(str(source), str(tmp_path / "sorted"), "-o", str(tmp_path / "out"))) == 0
    told = capsys.readouterr().out
    assert "macro auroc:" in told
    assert "not estimable" in told
