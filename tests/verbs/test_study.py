"""`prevalens study`: what it reads, refuses and writes."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studies.small_network import save_network

from prevalens.cohorts import Cohort
from prevalens.command import main
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.study import add_arguments, aligned, run


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
    for more, said in (
        (["--seed", "3"], "--seed says 3, and .*plan.json, which is followed, says 0"),
        (["--unit", "patient"], "--unit says patient, .* says image"),
        (["--sensitivity", "0.8"], "--sensitivity says 0.8, .* says 0.95"),
        (["--minutes", "50"], "--minutes says 50.0, .* says None"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            run(parsed(*words, "--resume", *more, *out))
    assert run(parsed(*words, "--resume", "--seed", "0", *out)) == 0
    assert (tmp_path / "run" / "report.json").is_file()
    told = capsys.readouterr().out
    assert "auroc within folds" in told
    assert "auroc of thumbnail" in told


@pytest.mark.keras
def test_a_study_of_all_classes_from_the_shell_and_its_predictions(
    image_cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No positive class: all three are scored, reported and predicted by name."""
    odd = [int(who[1:]) % 2 == 1 for who in image_cohort.patients]
    labels = np.where(image_cohort.is_positive, "sick", np.where(odd, "so-so", "well"))
    source = table(image_cohort, label=labels.tolist())
    out = tmp_path / "run"
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = [source, "--weights", str(save_network(tmp_path / "net.keras")), "-o", str(out)]

    assert run(parser.parse_args(words)) == 0
    told = capsys.readouterr().out
    assert "balanced accuracy at equal shares" in told
    assert "macro auroc of thumbnail" in told
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["settings"]["classes"] == ["sick", "so-so", "well"]
    model, answers = str(out / "model.keras"), tmp_path / "new.csv"
    assert main(["predict", model, str(image_cohort.root), "-o", str(answers)]) == 0
    header, *rows = answers.read_text("utf-8").splitlines()
    assert header == "image,score_sick,score_so-so,score_well,predicted"
    assert len(rows) == len(image_cohort)
    with pytest.raises(InvalidInputError, match="--prevalence is of two classes"):
        run(parser.parse_args([*words, "--resume", "--prevalence", "0.1"]))


@pytest.mark.keras
@pytest.mark.filterwarnings("default::prevalens.exceptions.DataWarning")  # few grey levels
def test_pictures_of_every_shape_make_one_study(image_cohort: Cohort, tmp_path: Path) -> None:
    """Grey, 16-bit, JPEG and other sizes beside each other, in a table with semicolons."""
    names = image_cohort.images.tolist()
    for row, name in enumerate(names):
        path = image_cohort.root / name
        with Image.open(path) as stored:
            picture = stored.convert("RGB")
        if row % 4 == 0:
            picture.convert("L").resize((30, 17)).save(path)
        elif row % 4 == 1:
            grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
            Image.fromarray(grey).save(path)
        elif row % 4 == 2:
            names[row] = f"{path.stem}.jpg"
            picture.resize((40, 40)).save(path.with_suffix(".jpg"), quality=95)
    columns = [names, image_cohort.label_names.tolist(), image_cohort.patients.tolist()]
    lines = ["image;label;patient", *(";".join(row) for row in zip(*columns, strict=True))]
    source = image_cohort.root / "list.csv"
    source.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    weights = str(save_network(tmp_path / "net.keras"))
    out = tmp_path / "run"
    assert run(parsed(str(source), "--weights", weights, "-o", str(out))) == 0

    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["estimates"]["auroc"]["value"] > 0.8
    rows = (out / "predictions.csv").read_text("utf-8").splitlines()
    assert len(rows) == len(image_cohort) + 1


def test_a_patient_that_is_missing_is_named(image_cohort: Cohort) -> None:
    """A blank id is no patient of its own: the row is named, before any image is read."""
    whose = image_cohort.patients.tolist()
    whose[7] = ""
    with pytest.raises(InvalidInputError, match=r"1 of 54 have none: rows 7 "):
        run(parsed(table(image_cohort, patient=whose)))


def test_what_was_found_stands_one_below_the_other() -> None:
    """However long a label's name is."""
    told = aligned({"auroc": "0.9", "sensitivity of pleural thickening": "0.8 (0.7 to 0.9)"})

    assert [line.index("0.") for line in told.splitlines()] == [35, 35]
    assert aligned({}) == ""
