"""`prevalens study`: what it reads, refuses and writes."""

import argparse
from pathlib import Path

import pytest
from studies.small_network import save_network

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.study import add_arguments, run


def parsed(*words: str) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--positive", "sick", "-o", "out", *words])


def table(cohort: Cohort, **columns: list[str]) -> str:
    """Write a table beside the images; return its path."""
    named = {
        "image": cohort.images.tolist(),
        "label": cohort.label_names.tolist(),
        "patient": cohort.patients.tolist(),
    } | columns
    rows = [",".join(named), *(",".join(row) for row in zip(*named.values(), strict=True))]
    path = cohort.root / "images.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.keras
def test_a_study_from_the_shell(
    image_cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan alone, then its run on resuming; without --resume a full folder is refused."""
    words = [table(image_cohort), "--weights", str(save_network(tmp_path / "net.keras"))]
    out = ["-o", str(tmp_path / "run")]

    assert run(parsed(*words, "--plan-only", *out)) == 0
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["plan.json"]
    with pytest.raises(InvalidInputError, match=r"is not empty. Go on with --resume"):
        run(parsed(*words, *out))
    assert run(parsed(*words, "--resume", *out)) == 0
    assert (tmp_path / "run" / "report.json").is_file()
    told = capsys.readouterr().out
    assert "auroc within folds" in told
    assert "auroc of thumbnail" in told
