"""A whole study on real files: one folder, the same bytes, and what it says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image
from studies.small_network import save_network

from prevalens._tables import read_all_columns
from prevalens.cohorts import Cohort
from prevalens.decisions import correct_predictions
from prevalens.exceptions import InvalidInputError
from prevalens.models import load_classifier
from prevalens.predictions import Predictions
from prevalens.reports import verify_run
from prevalens.studies import Study, StudyPlan, plan, run_study
from prevalens.studies.plan_choices import CurveChoice, HeadChoice

pytestmark = pytest.mark.keras


def run(cohort: Cohort, folder: Path, **given: Any) -> Study:
    """Plan and run with the small network."""
    weights = folder.parent / "net.keras"
    if not weights.exists():
        save_network(weights)
    unit = given.pop("unit", "image")
    joined, made = plan(cohort, weights=weights, part=given.get("part"), unit=unit, seed=1)
    # An edited plan: fewer choices, so that a test takes seconds.
    head = HeadChoice(kinds=["logistic"], penalties=[1.0], inner_folds=2, reason="edited")
    return run_study(joined, msgspec.structs.replace(made, head=head), folder, **given)


@pytest.fixture
def study(image_cohort: Cohort, tmp_path: Path) -> Study:
    """A study of twelve patients, whose sick ones are brighter."""
    return run(image_cohort, tmp_path / "run")


def test_brighter_images_are_found_and_every_file_is_there(study: Study) -> None:
    """The held-out AUROC is near 1, and the summary names the files that stand there."""
    found = study.summary.estimates["auroc"]["value"]

    assert found > 0.95
    for name in study.summary.files:
        assert (study.folder / name).is_file()
    assert StudyPlan.read(study.folder / "plan.json").positive == "sick"
    report = json.loads((study.folder / "report.json").read_text("utf-8"))
    assert report["estimates"]["auroc"]["value"] == pytest.approx(found)
    rule = report["settings"]["threshold_rule"]
    assert rule.startswith("median of the thresholds of 4 folds (")
    assert report["settings"]["threshold_origin"] == "validation"


def test_decisions_are_by_the_threshold_of_the_fold(study: Study) -> None:
    """Each image against the threshold that its own fold chose without its patient."""
    rows = study.predictions
    assert rows.covariates is not None
    bounds = np.array([fold["threshold"] for fold in study.summary.folds])
    expected = rows.scores >= bounds[rows.covariates["fold"].astype(int)]
    right = expected[rows.labels == 1].mean()

    np.testing.assert_array_equal(study.is_positive, expected)
    assert study.summary.estimates["sensitivity"]["value"] == pytest.approx(right)


def test_the_saved_classifier_answers_files(study: Study, image_cohort: Cohort) -> None:
    """Brighter images score higher, at the threshold of the summary."""
    classifier = load_classifier(study.folder / "model.keras")
    answer = classifier([str(image_cohort.path(row)) for row in range(len(image_cohort))])
    positive = image_cohort.is_positive

    assert answer.scores[positive].mean() > answer.scores[~positive].mean() + 0.2
    assert classifier.card.threshold == pytest.approx(study.summary.threshold)


def test_a_run_again_ends_with_the_same_bytes(image_cohort: Cohort, tmp_path: Path) -> None:
    """Folds that are there are read; a folder begun elsewhere ends alike."""
    one = run(image_cohort, tmp_path / "one")
    before = (one.folder / "predictions.csv").read_bytes()
    for left in ("predictions.csv", "study.json", "folds/repeat-0-fold-1/scores.json"):
        (one.folder / left).unlink()
    again, other = run(image_cohort, tmp_path / "one"), run(image_cohort, tmp_path / "two")

    assert (again.folder / "predictions.csv").read_bytes() == before
    for name in ("predictions.csv", "study.json", "plan.json"):
        assert (other.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_another_plan_in_the_folder_is_refused(study: Study, image_cohort: Cohort) -> None:
    """The plan differs, or the cohort does."""
    weights = study.folder.parent / "net.keras"
    joined, other = plan(image_cohort, weights=weights, seed=2)
    with pytest.raises(InvalidInputError, match="holds another study"):
        run_study(joined, other, study.folder)
    with pytest.raises(InvalidInputError, match="The plan is of another cohort"):
        run_study(joined.take(np.arange(40)), other, study.folder)


def test_pictures_that_changed_are_another_study(image_cohort: Cohort, tmp_path: Path) -> None:
    """Folds that were scored on what a file held before are not mixed with those of now."""
    one = run(image_cohort, tmp_path / "one")
    (one.folder / "folds/repeat-0-fold-1/scores.json").unlink()
    Image.new("RGB", (24, 20), (9, 200, 9)).save(image_cohort.path(0))

    with pytest.raises(InvalidInputError, match=r"another study: its settings differs \(features"):
        run(image_cohort, tmp_path / "one")


def test_another_backend_is_said(
    image_cohort: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its features differ in their last bits: folds of both are not mixed, and both are named."""
    one = run(image_cohort, tmp_path / "one")
    keras = pytest.importorskip("keras", exc_type=ImportError)
    backend = keras.backend.backend()
    assert one.summary.backend == backend
    assert one.summary.versions["keras"] == keras.__version__

    monkeypatch.setattr(keras.backend, "backend", lambda: "another")
    with pytest.raises(InvalidInputError, match=f"backend was '{backend}' and is 'another'"):
        run(image_cohort, tmp_path / "one")


def test_a_folder_in_use_is_refused(image_cohort: Cohort, tmp_path: Path) -> None:
    """Another process runs a study in it."""
    weights = save_network(tmp_path / "net.keras")
    joined, made = plan(image_cohort, weights=weights)
    folder = tmp_path / "run"
    code = (
        "import sys\n"
        "from prevalens.callbacks import RunLock\n"
        f"with RunLock({str(folder / 'study')!r}):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InvalidInputError, match=f"in use by another run.*{other.pid}"):
            run_study(joined, made, folder)
        other.communicate(b"")
    assert not (folder / "plan.json").exists()


def test_a_given_part_is_held_out(image_cohort: Cohort, tmp_path: Path) -> None:
    """Only rows of 'test' are scored, by one model of the others."""
    part = [f"{'TEST' if int(who[1:]) % 3 == 0 else 'train'}" for who in image_cohort.patients]
    cohort = Cohort(
        images=image_cohort.images,
        labels=image_cohort.label_names,
        patients=image_cohort.patients,
        positive="sick",
        covariates={"part": part},
        root=image_cohort.root,
    )
    made = run(cohort, tmp_path / "run", part="part")
    rows = Predictions.load(made.folder / "predictions.csv")

    assert rows.patients is not None
    assert {int(who[1:]) % 3 for who in rows.patients} == {0}
    assert "auroc_within_folds" not in made.summary.estimates
    assert len(made.summary.folds) == 1


def test_patients_are_decided_where_they_are_the_unit(image_cohort: Cohort, tmp_path: Path) -> None:
    """A row and a decision a patient, in a table, the summary and the report; the run verifies."""
    made = run(image_cohort, tmp_path / "run", unit="patient")
    told = read_all_columns(made.folder / "patients.csv")

    assert sorted(told["patient"]) == sorted(set(image_cohort.patients.tolist()))
    assert made.patients is not None
    assert told["predicted"].count("sick") == int(made.patients.is_positive.sum())
    assert made.summary.patients is not None
    found = made.summary.patients["estimates"]
    assert found["auroc"]["value"] > 0.9
    assert found["sensitivity"]["unit"] == "patient"
    assert found["sensitivity"]["n"] == 4
    assert sum(made.summary.patients["not_classifiable"].values()) == 0
    assert made.report["patient_level"]["pooled_by"] == "mean"
    assert "median of the thresholds" in made.report["patient_level"]["threshold_rule"]
    assert "patients.csv" in made.summary.files
    assert verify_run(made.folder).ok


def test_the_thumbnail_stands_beside_the_model(study: Study) -> None:
    """Brightness is in the thumbnail too; sites tell nothing."""
    assert study.summary.baselines["thumbnail"]["value"] > 0.9
    assert study.summary.baselines["covariates"]["value"] < 0.9
    found = study.report["baselines"]["differences"]
    assert list(found) == ["thumbnail", "covariates"]
    for name, each in found.items():
        assert each["auroc"]["second"]["value"] == study.summary.baselines[name]["value"]
    own = study.summary.estimates["auroc"]["value"]
    rival = study.summary.baselines["covariates"]["value"]
    difference = found["covariates"]["auroc"]["difference"]["value"]
    assert difference == pytest.approx(own - rival)


@pytest.fixture
def three_kinds(image_cohort: Cohort) -> Cohort:
    """The well patients of odd number get a class of their own, and darker images."""
    odd = np.array([int(who[1:]) % 2 == 1 for who in image_cohort.patients])
    for row in np.flatnonzero(odd & ~image_cohort.is_positive).tolist():
        with Image.open(image_cohort.path(row)) as stored:
            pixels = np.asarray(stored) // 3
        Image.fromarray(pixels).save(image_cohort.path(row))
    names = np.where(image_cohort.is_positive, "sick", np.where(odd, "so-so", "well"))
    return Cohort(
        images=image_cohort.images,
        labels=names,
        patients=image_cohort.patients,
        positive="sick",
        root=image_cohort.root,
    )


def test_a_study_of_three_classes_from_files_to_predicted_classes(
    three_kinds: Cohort, tmp_path: Path
) -> None:
    """Held-out scores of each class, its report, and a model whose file answers as it."""
    made = run(three_kinds, tmp_path / "run")
    found = made.summary.estimates
    rows = Predictions.load(made.folder / "predictions.csv", patient="patient")
    at_equal = correct_predictions(rows, [1 / 3] * 3).scores.argmax(axis=1)
    sensitivities = [(at_equal == code)[rows.labels == code].mean() for code in range(3)]

    assert rows.classes == three_kinds.classes
    assert rows.scores.shape == (54, 3)
    assert found["macro_auroc"]["value"] > 0.9
    assert found["accuracy"]["value"] == np.mean(rows.scores.argmax(axis=1) == rows.labels)
    assert found["balanced_accuracy_at_equal_shares"]["value"] == pytest.approx(
        np.mean(sensitivities)
    )
    assert made.report["estimates"]["macro_auroc"]["value"] == found["macro_auroc"]["value"]
    assert made.report["settings"]["classes"] == list(three_kinds.classes)
    assert made.summary.baselines["thumbnail"]["value"] > 0.9
    assert (made.summary.threshold, made.is_positive, made.patients) == (None, None, None)
    assert verify_run(made.folder).ok
    answer = load_classifier(made.folder / "model.keras")(
        [str(three_kinds.path(row)) for row in range(54)]
    )
    assert (answer.scores.argmax(axis=1) == three_kinds.labels).mean() > 0.8


def test_a_study_of_three_classes_again_ends_with_the_same_bytes(
    three_kinds: Cohort, tmp_path: Path
) -> None:
    """Folds that are there are read; a prevalence of one class is refused."""
    one = run(three_kinds, tmp_path / "one")
    before = {name: (one.folder / name).read_bytes() for name in ("predictions.csv", "study.json")}
    (one.folder / "folds/repeat-0-fold-1/scores.json").unlink()
    again = run(three_kinds, tmp_path / "one")

    for name, content in before.items():
        assert (again.folder / name).read_bytes() == content
    with pytest.raises(InvalidInputError, match="`prevalence` is of two classes"):
        run(three_kinds, tmp_path / "two", prevalence=0.2)
    with pytest.raises(InvalidInputError, match="The plan is of '3 classes'"):
        run_study(
            three_kinds.one_vs_rest("sick"),
            StudyPlan.read(one.folder / "plan.json"),
            tmp_path / "two",
        )


def test_a_curve_that_the_plan_asks_for_is_written_and_reported(
    image_cohort: Cohort, tmp_path: Path
) -> None:
    """Fourteen sick patients ask for none by themselves; the points of file and report agree."""
    alone = Cohort(
        images=image_cohort.images,
        labels=image_cohort.label_names,
        patients=[f"of {row}" for row in range(len(image_cohort))],
        positive="sick",
        root=image_cohort.root,
    )
    joined, made = plan(alone, weights=save_network(tmp_path / "net.keras"), seed=1)
    head = HeadChoice(kinds=["logistic"], penalties=[1.0], inner_folds=2, reason="edited")
    curve = CurveChoice(shares=[0.6, 1.0], reason="edited")
    asked = msgspec.structs.replace(made, head=head, learning_curve=curve, baselines=[])
    told: list[str] = []
    study = run_study(joined, asked, tmp_path / "run", say=told.append)
    rows = read_all_columns(tmp_path / "run" / "learning_curve.csv")
    points = study.report["more_patients"]["points"]

    assert made.learning_curve is None
    assert "whether more patients would help" in told
    assert "learning_curve.csv" in study.summary.files
    assert list(map(float, rows["patients"])) == [each["patients"] for each in points]  # type: ignore[arg-type]
    assert list(map(float, rows["auroc"])) == [each["auroc"]["value"] for each in points]  # type: ignore[arg-type]
    assert verify_run(study.folder).ok
