"""A dossier holds what is handed in, and whatever is changed in it afterwards is found."""

import csv
import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from reports.conftest import clustered, findings, graded

from prevalens.exceptions import InvalidInputError, UnwritableFileError
from prevalens.images.opening import hash_file
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, verify_run, write_dossier
from prevalens.reports.lineage import LineageRecord

FILES = {
    "report.html", "report.json", "predictions.csv", "guidelines.html", "guidelines.csv",
    "guidelines.docx", "model-card.md", "model-card.json", "chai-card.md", "chai-card.xml",
    "datasheet.json", "images.csv",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a report, predictions, weights, and two of the images."""
    folder = tmp_path / "run"
    folder.mkdir()
    held = clustered()
    held.save(folder / "predictions.csv")
    report = ClinicalReport(held, threshold=0.5, by=["site"], prevalence=0.1, worst=0)
    report.save(folder / "report.json")
    (folder / "model.keras").write_bytes(b"weights")
    (tmp_path / "images").mkdir()
    for number in (3, 4):
        (tmp_path / "images" / f"image_{number}.png").write_bytes(bytes([number]))
    (tmp_path / "uv.lock").write_text("numpy 2", "utf-8")
    return folder


@pytest.fixture
def made(run: Path, tmp_path: Path) -> Path:
    """The dossier of the run."""
    write_dossier(
        run,
        tmp_path / "dossier",
        name="cells",
        root=tmp_path / "images",
        also=[tmp_path / "uv.lock"],
        answers={"intended_use": "A test."},
    )
    return tmp_path / "dossier"


def test_everything_is_there_and_hashed(made: Path, run: Path) -> None:
    """Files of the dossier, of the run and besides, the images found, and the settings."""
    record = LineageRecord.load(made / "lineage.json")

    assert {path.name for path in made.iterdir()} == FILES | {"lineage.json"}
    assert {file.path for file in record.dossier} == FILES
    assert [file.path for file in record.run] == ["model.keras", "predictions.csv", "report.json"]
    assert record.run[0].sha256 == hash_file(run / "model.keras")
    assert [file.path for file in record.also] == ["uv.lock"]
    assert (record.images, record.images_found) == (len(clustered()), 2)
    assert record.images_sha256 == hash_file(made / "images.csv")
    assert record.settings["threshold"] == 0.5
    assert verify_run(made, run=run).differences == ()


def test_one_changed_byte_is_found_in_every_file(made: Path) -> None:
    """Each file in turn; a report that is no report any more is refused."""
    for name in sorted(FILES | {"lineage.json"}):
        whole = (made / name).read_bytes()
        middle = len(whole) // 2
        other = b"1" if whole[middle : middle + 1] != b"1" else b"2"
        (made / name).write_bytes(whole[:middle] + other + whole[middle + 1 :])
        try:
            differences = verify_run(made).differences
        except InvalidInputError as error:
            differences = (f"{name} is refused: {error}",)
        assert any(name in text for text in differences), name
        (made / name).write_bytes(whole)
    assert verify_run(made).ok


def test_a_missing_and_an_added_file_are_found(made: Path, run: Path) -> None:
    """So are weights that changed since, where the run is there to be looked at."""
    (made / "chai-card.md").unlink()
    (made / "extra.txt").write_text("new", "utf-8")
    (run / "model.keras").write_bytes(b"other")
    found = verify_run(made, run=run).differences

    assert found[0] == "chai-card.md is missing."
    assert found[1] == "extra.txt is not in lineage.json."
    assert found[2].startswith("model.keras has SHA-256")
    with pytest.raises(InvalidInputError, match="holds no lineage"):
        verify_run(run, run=run)


def test_the_forms_have_every_item_of_the_report(made: Path) -> None:
    """A row an item, with the state that the report gives it."""
    report = json.loads((made / "report.json").read_text("utf-8"))
    with (made / "guidelines.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    states = [row["state"] for row in report["guidelines"]]

    assert [row["State"] for row in rows] == states
    assert (made / "guidelines.html").read_text("utf-8").count("to be completed") >= states.count(
        "to be completed by the authors"
    )


def test_the_datasheet_is_named_by_the_answer_or_the_model(run: Path, tmp_path: Path) -> None:
    """The data set's own name where it was given."""
    for answers, name in (({}, "Rows predicted by cells"), ({"dataset": "Cells 2"}, "Cells 2")):
        folder = tmp_path / name
        write_dossier(run, folder, name="cells", answers=answers)
        assert json.loads((folder / "datasheet.json").read_text("utf-8"))["name"] == name


def test_cards_say_what_is_missing(made: Path) -> None:
    """What was answered stands in both; the rest is to be completed."""
    for name in ("model-card.md", "chai-card.md"):
        page = (made / name).read_text("utf-8")
        assert "A test." in page
        assert "To be completed by the authors." in page
    assert "AUROC" in (made / "chai-card.md").read_text("utf-8")


def test_what_cannot_be_written_is_refused(run: Path, made: Path, tmp_path: Path) -> None:
    """A folder with files, an unknown answer, a root without images, a run without a report."""
    with pytest.raises(InvalidInputError, match="holds files already"):
        write_dossier(run, made, name="cells")
    with pytest.raises(InvalidInputError, match="Did you mean 'licence'"):
        write_dossier(run, tmp_path / "new", name="cells", answers={"license": "mit"})
    with pytest.raises(InvalidInputError, match="Correct `root`"):
        write_dossier(run, tmp_path / "new", name="cells", root=tmp_path)
    (run / "report.json").unlink()
    with pytest.raises(InvalidInputError, match=r"report\.json"):
        write_dossier(run, tmp_path / "new", name="cells")
    assert not (tmp_path / "new").exists()


def test_a_full_disk_leaves_no_half_dossier(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fifth file finds no room: the folder is not there, so the next try is not refused."""
    room = iter(range(4))

    def fill(_: int) -> None:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fill)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UnwritableFileError, match=r"new.guidelines\.csv .* Make room"):
        write_dossier(run, tmp_path / "new", name="cells")
    assert sorted(tmp_path.iterdir()) == before

    monkeypatch.undo()
    write_dossier(run, tmp_path / "new", name="cells")
    assert (tmp_path / "new" / "lineage.json").exists()


def test_three_classes_have_a_card_of_theirs(tmp_path: Path) -> None:
    """The hub's card is of any number of classes, CHAI's of one output."""
    held = Predictions(
        labels=[0, 1, 2] * 12,
        scores=[[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]] * 12,
        patients=[f"p{k // 3}" for k in range(36)],
        classes=("a", "b", "c"),
    )
    held.save(tmp_path / "predictions.csv")
    ClinicalReport(held).save(tmp_path / "report.json")
    write_dossier(tmp_path, tmp_path / "out", name="three")

    cards = {path.name for path in (tmp_path / "out").glob("*card*")}
    assert cards == {"model-card.md", "model-card.json"}
    assert verify_run(tmp_path / "out").ok


@pytest.mark.parametrize(
    ("held", "asked", "counted"),
    [
        (clustered(), {"threshold": 0.5}, "220 images of 40 patients (158 well, 62 sick)"),
        (graded(), {}, "184 images of 60 patients (112 none, 58 mild, 14 severe)"),
        (findings(), {"threshold": 0.5}, "155 images of 60 patients (47 mass, 35 node, 10 fluid)"),
    ],
    ids=["two classes", "grades", "several labels"],
)
def test_the_datasheet_counts_the_rows_and_types_their_columns(
    held: Predictions, asked: dict[str, Any], counted: str, tmp_path: Path
) -> None:
    """Images, patients and classes in the description; every cell is of its column's type."""
    run = tmp_path / "run"
    run.mkdir()
    held.save(run / "predictions.csv")
    ClinicalReport(held, **asked).save(run / "report.json")
    write_dossier(run, tmp_path / "dossier", name="cells")
    sheet = json.loads((tmp_path / "dossier" / "datasheet.json").read_text("utf-8"))
    fields = {each["name"]: each["dataType"] for each in sheet["recordSet"][0]["field"]}
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))

    assert sheet["description"].startswith(f"{counted} with their labels and the scores of cells.")
    assert list(fields) == list(rows[0])
    for name, kind in fields.items():
        cells = [row[name] for row in rows if row[name]]
        if kind == "sc:Integer":
            assert {int(cell) for cell in cells} <= {0, 1, 2}
        elif kind == "sc:Float":
            assert all(float(cell) >= 0 for cell in cells)
        else:
            assert not all(cell.replace(".", "", 1).isdigit() for cell in cells), name
