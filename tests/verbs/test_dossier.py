"""`prevalens dossier`: a run in, a folder out that `verify` checks."""

from pathlib import Path

import pytest
from reports.conftest import clustered

from prevalens.command import main
from prevalens.reports import ClinicalReport


def test_a_dossier_is_written_and_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The files are listed with their hashes; a changed one ends `verify` with 1."""
    run, out = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    clustered().save(run / "predictions.csv")
    ClinicalReport(clustered(), threshold=0.5, worst=0).save(run / "report.json")
    words = ["--name", "cells", "--intended-use", "A test.", "-o", str(out)]

    assert main(["dossier", str(run), *words]) == 0
    assert "model-card.md" in capsys.readouterr().out
    assert main(["verify", str(out), "--run", str(run)]) == 0
    (out / "chai-card.md").write_text("nothing", "utf-8")
    assert main(["verify", str(out)]) == 1
    assert main(["dossier", str(run), *words]) == 2
