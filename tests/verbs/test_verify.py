"""`prevalens verify`: a run is recomputed."""

from pathlib import Path

import pytest

from prevalens.command import main
from prevalens.predictions import Predictions


def test_a_run_is_verified_and_a_changed_page_has_code_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report beside its predictions differs nowhere; with an edited page the code is 1."""
    told = Predictions(labels=[0, 1] * 6, scores=[0.1, 0.8, 0.3] * 4, patients=[*"abcdefbcdefa"])
    told.save(tmp_path / "predictions.csv")
    words = ["--patient", "patient", "--threshold", "0.5"]
    files = [word for kind in ("json", "txt") for word in ("-o", str(tmp_path / f"report.{kind}"))]
    assert main(["report", str(tmp_path / "predictions.csv"), *words, *files]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    assert "Nothing differs." in capsys.readouterr().out

    (tmp_path / "report.txt").write_text("edited", encoding="utf-8")
    assert main(["verify", str(tmp_path)]) == 1
    assert "report.txt is not what report.json draws." in capsys.readouterr().out


def test_a_run_with_a_table_of_ones_own_is_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its labels are names, of which the report knows the positive one."""
    rows = "".join(f"{name},p{k},0.{k + 1}\n" for k, name in enumerate(["well", "sick"] * 4))
    table = tmp_path / "predictions.csv"
    table.write_text("label,patient,score\n" + rows, encoding="utf-8")
    words = ["--positive", "sick", "--threshold", "0.5", "-o", str(tmp_path / "report.json")]
    assert main(["report", str(table), *words]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    assert "Nothing differs." in capsys.readouterr().out
    table.write_text("label,patient,score\n" + rows.replace("well", "healthy"), encoding="utf-8")
    assert main(["verify", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["verify"], "is no folder of a run: it holds no report.json. `prevalens study` makes one"),
        (["dossier", "--name", "x", "-o", "out"], "is no folder of a run: it holds no report.json"),
        (["validate", "-o", "out", "--"], "is no folder of a study: it holds no plan.json"),
    ],
)
def test_a_folder_that_is_no_run_is_named(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a missing file of a kind that the reader never wrote."""
    more = ["next.csv"] if words[0] == "validate" else []
    assert main([*words, str(tmp_path), *more]) == 2
    assert f"{tmp_path} {told}" in capsys.readouterr().err
