"""Several labels of an image, from columns and from cells that name several findings."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studies.small_network import save_network
from verbs.test_study_cohort import bare

from prevalens.cohorts import MultilabelCohort
from prevalens.command import main
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.verbs.study_cohort import read_cohort

NAMES = ("bright", "red")
HAS = np.array([[k % 2, k // 2 % 2] for k in range(24)])  # of the patients, each half the other's


def films(folder: Path) -> Path:
    """Write two films of each of 24 patients, and both ways to say what is on them."""
    rng = np.random.default_rng(0)
    lines = ["image,patient,findings,f_bright,f_red,age"]
    for row in range(48):
        bright, red = HAS[row // 2].tolist()
        pixels = rng.integers(0, 90, (16, 16, 3)) + 60 * bright
        pixels[..., 0] += 70 * red
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
        named = "|".join(n for n, is_there in zip(NAMES, (bright, red), strict=True) if is_there)
        known = "" if row == 5 else red
        lines.append(f"{row}.png,p{row // 2},{named or 'No Finding'},{bright},{known},{row}")
    path = folder / "films.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(*words: object) -> MultilabelCohort:
    """Read the cohort of a command line."""
    cohort = read_cohort(bare(*map(str, words), "-o", "run"))
    assert isinstance(cohort, MultilabelCohort)
    return cohort


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--labels", "f_*", "--covariates", "age", "f_red"], "f_red"),
        (["--label", "findings", "--separator", "|", "--covariates", "findings"], "findings"),
        (["--label", "f_bright", "--covariates", "f_bright"], "f_bright"),
    ],
)
def test_what_is_predicted_is_no_covariate(tmp_path: Path, words: list[str], named: str) -> None:
    """A baseline of the answer itself would be perfect; of one label and of several."""
    told = f"must be known without the label, got '{named}'"
    with pytest.raises(InvalidInputError, match=told):
        read_cohort(bare(str(films(tmp_path)), *words, "-o", "run"))


def test_the_provenance_names_the_table(tmp_path: Path) -> None:
    """Also where its columns were taken apart before they were read."""
    cohort = read(films(tmp_path), "--labels", "f_*")

    assert cohort.provenance == "48 images read from the table films.csv"


def test_cells_that_name_findings_are_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --positive all of them; what says that there is none is no label, which is told."""
    path = films(tmp_path)
    cohort = read(path, "--label", "findings", "--separator", "|", "--covariates", "age")
    said = capsys.readouterr().out

    assert cohort.names == NAMES
    np.testing.assert_array_equal(cohort.targets, np.repeat(HAS, 2, axis=0))
    assert cohort.covariates["age"].tolist() == list(range(48))
    assert "'No Finding' (12 images) is no label: these images have none" in said
    assert "2 labels: bright (24 images), red (24 images); 12 images have none of them" in said
    some = read(
        *(path, "--label", "findings", "--separator", "|", "--labels", "red", "bright"),
        *("--patient", "none"),
    )
    assert some.names == ("red", "bright")
    assert some.independent


def test_columns_of_0_and_1_are_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name or by pattern; a blank cell is not known, and no column called label is needed."""
    path = films(tmp_path)
    cohort = read(path, "--labels", "f_*")

    assert cohort.names == ("f_bright", "f_red")
    assert np.argwhere(np.isnan(cohort.targets)).tolist() == [[5, 1]]
    assert "f_red (23 images of 47 where it is known)" in capsys.readouterr().out
    assert read(path, "--labels", "f_red", "f_bright").names == ("f_red", "f_bright")


def test_a_label_that_is_left_out_is_told_and_leaves_its_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stands in where the images come from."""
    path = films(tmp_path)
    text = path.read_text(encoding="utf-8").replace(",bright,", ",bright|odd,")
    path.write_text(text, encoding="utf-8")
    words = (path, "--label", "findings", "--separator", "|", "--leave-out", "odd")
    cohort = read(*words)

    assert cohort.names == NAMES
    assert len(cohort) == 48
    assert "labels left out, their images stay: odd" in capsys.readouterr().out
    assert cohort.provenance.endswith("labels left out, their images stay: odd")


def test_rows_with_a_blank_cell_are_left_out_or_named(tmp_path: Path) -> None:
    """--blank drop counts them; 'No Finding' says that they have none."""
    path = films(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("No Finding", ""), encoding="utf-8")
    words = (path, "--label", "findings", "--separator", "|")
    with pytest.raises(InvalidInputError, match="12 of 48 rows have no label"):
        read(*words)
    dropped, named = read(*words, "--blank", "drop"), read(*words, "--blank", "No Finding")

    assert (len(dropped), [gone.images for gone in dropped.left_out]) == (36, [12])
    assert (dropped.targets == 1).any(axis=1).all()
    assert int((named.targets == 0).all(axis=1).sum()) == 12


CELLS = ("--label", "findings", "--separator", "|")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--labels", "f_rad", "f_bright"), "no column: 'f_rad'.*Did you mean 'f_red'"),
        (("--labels", "age", "f_red"), "'age' of --labels must hold 0, 1 or nothing"),
        (("--labels", "f_red"), r"two or more, got \['f_red'\]"),
        ((*CELLS, "--labels", "rad", "bright"), "no finding of column 'findings': 'rad'"),
        ((*CELLS, "--leave-out", "rad"), "--leave-out names no label: 'rad'"),
        ((*CELLS, "--leave-out", "red"), r"two or more, got \['bright'\]"),
        ((*CELLS, "--versus", "red"), "--versus is of classes"),
        ((*CELLS, "--combine", "any"), "one row an image first"),
        (("--labels", "f_*", "--positive", "red"), "Leave --labels out to study this one"),
        (("--labels", "f_*", "--blank", "drop"), "a blank cell .* not known"),
        (("--labels", "f_*", "--separator", "none"), "--separator none is of classes"),
        (("--label", "findngs", "--separator", "|"), "no column 'findngs' for --label"),
    ],
)
def test_what_is_unclear_is_refused_with_what_to_do(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    """The option, what came, and the remedy."""
    with pytest.raises(InvalidInputError, match=told):
        read(films(tmp_path), *words)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",0,0,", ",-1,0,", "got '-1'. -1, which some collections write for 'uncertain'"),
        (",bright|red,", ",bright|No Finding,", "no finding, and name one: 'bright|No Finding'"),
    ],
)
def test_cells_that_say_two_things_are_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    """An uncertain label is neither there nor absent; no finding stands alone."""
    path = films(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    words = ("--labels", "f_*") if "-1" in new else CELLS
    with pytest.raises(InvalidInputError) as caught:
        read(path, *words)
    assert told in str(caught.value)


def test_a_folder_has_no_columns_of_labels(tmp_path: Path) -> None:
    """The option is refused, not ignored."""
    films(tmp_path)
    with pytest.raises(InvalidInputError, match="--labels: of a table"):
        read_cohort(bare(str(tmp_path), "--labels", "f_*", "-o", "run"))


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:.*The threshold")
def test_a_study_of_labels_from_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores, thresholds and files of each label; killed, it goes on with the same bytes."""
    run, path = tmp_path / "run", films(tmp_path)
    words = ["study", str(path), "--labels", "f_*", "--covariates", "age", "-o", str(run)]
    words += ["--weights", str(save_network(tmp_path / "net.keras"))]
    assert main([*words, "--prevalence", "0.1"]) == 2
    assert "--prevalence is of two classes" in capsys.readouterr().err
    assert main([*words, "--unit", "patient"]) == 2
    assert "--unit is of two classes or grades" in capsys.readouterr().err
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "auroc of f_bright" in said
    assert "macro auroc of thumbnail" in said
    summary = json.loads((run / "study.json").read_text(encoding="utf-8"))
    held = Predictions.load(run / "predictions.csv", label="label_", score="score_")

    assert held.is_multilabel
    assert held.classes == ("f_bright", "f_red")
    assert int(np.isnan(held.labels).sum()) == 1
    assert summary["labels"]["f_bright"]["estimates"]["auroc"]["value"] > 0.8
    assert list(summary["baselines"]) == ["thumbnail", "covariates"]
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert report["format"] == "prevalens report of several labels"

    new = tmp_path / "new.csv"
    assert main(["predict", str(run / "model.keras"), str(tmp_path / "0.png"), "-o", str(new)]) == 0
    header = "image,score_f_bright,score_f_red,predicted"
    assert new.read_text(encoding="utf-8").splitlines()[0] == header
    assert main(["validate", str(run), str(path), "-o", str(tmp_path / "next")]) == 2
    assert "study of several labels" in capsys.readouterr().err

    before = {name: (run / name).read_bytes() for name in summary["files"]}
    for name in summary["files"]:
        if name != "plan.json":
            (run / name).unlink()
    shutil.rmtree(run / "folds" / "repeat-0-fold-1")
    assert main([*words, "--resume"]) == 0
    assert {name for name in before if (run / name).read_bytes() != before[name]} <= {"model.keras"}
