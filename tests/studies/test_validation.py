"""The model of a study on the next cohort: scored, decided and compared, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image
from studies.small_network import save_network

from prevalens.cohorts import Cohort
from prevalens.exceptions import DataWarning, InvalidInputError, LeakageError
from prevalens.metrics import auroc
from prevalens.models import load_classifier
from prevalens.reports import verify_run
from prevalens.studies import plan, run_study, validate_study
from prevalens.studies.plan_choices import HeadChoice
from prevalens.studies.validation import read_development

pytestmark = pytest.mark.keras


def cohort_of(
    folder: Path, *, seed: int, mark: str, names: tuple[str, ...] = ("sick", "well")
) -> Cohort:
    """Twelve patients of three images; those of the first class are brighter."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    images, labels, patients = [], [], []
    for number in range(36):
        who = number // 3
        code = who % len(names)
        pixels = rng.integers(0, 160, (20, 24, 3)) + (80 if code == 0 else 25 * (code == 2))
        images.append(f"{number}.png")
        Image.fromarray(pixels.astype(np.uint8)).save(folder / images[-1])
        labels.append(names[code])
        patients.append(f"{mark}{who}")
    return Cohort(images=images, labels=labels, patients=patients, positive=names[0], root=folder)


def ended(cohort: Cohort, folder: Path, **given: Any) -> Path:
    """Run a short study of the cohort; return its folder."""
    weights = save_network(folder / "net.keras")
    joined, made = plan(cohort, weights=weights, seed=1, **given)
    head = HeadChoice(kinds=["logistic"], penalties=[1.0], inner_folds=2, reason="edited")
    made = msgspec.structs.replace(made, head=head, baselines=[], learning_curve=None)
    return run_study(joined, made, folder / "run").folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two classes."""
    folder = tmp_path_factory.mktemp("study")
    return ended(cohort_of(folder / "images", seed=0, mark="p"), folder)


@pytest.fixture
def later(tmp_path: Path) -> Cohort:
    """The next cohort."""
    return cohort_of(tmp_path / "later", seed=7, mark="q")


def test_the_saved_model_scores_and_decides(run: Path, later: Cohort, tmp_path: Path) -> None:
    """By its own threshold; the study's side is its predictions file, fold by fold."""
    report = validate_study(run, later, tmp_path / "out")
    found = report["next_cohort"]
    answer = load_classifier(run / "model.keras")([str(later.path(row)) for row in range(36)])
    study = json.loads((run / "study.json").read_text("utf-8"))
    right = answer.is_positive[later.is_positive].mean()

    ours = auroc(later.is_positive, answer.scores, patients=later.patients)
    assert found["differences"]["auroc"]["first"]["value"] == pytest.approx(ours.value)
    assert found["differences"]["sensitivity"]["first"]["value"] == pytest.approx(right)
    for name in ("auroc", "sensitivity", "specificity", "auroc_within_folds"):
        held_out = found["differences"][name]["second"]
        assert held_out["value"] == pytest.approx(study["estimates"][name]["value"]), name
        assert held_out["lower"] == pytest.approx(study["estimates"][name]["lower"]), name
    assert found["folds"] == len(study["folds"])
    assert report["settings"]["threshold_origin"] == "validation"
    assert report["settings"]["threshold"] == pytest.approx(study["threshold"])
    assert verify_run(tmp_path / "out").ok
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_file_of_the_study_is_a_leak(run: Path, later: Cohort, tmp_path: Path) -> None:
    """Under another name and patient: found by its bytes, and nothing is written."""
    shutil.copy(run.parent / "images" / "5.png", later.root / "4.png")
    with pytest.raises(LeakageError, match=r"1 images of this cohort .*: '4\.png'"):
        validate_study(run, later, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_the_features_nobody_can_tell(run: Path, later: Cohort, tmp_path: Path) -> None:
    """A study whose features were deleted is compared, and the check said to be left out."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("features"))
    with pytest.warns(DataWarning, match="was not looked for"):
        validate_study(copy, later, tmp_path / "out")


def test_a_file_under_two_patients_is_told(run: Path, later: Cohort, tmp_path: Path) -> None:
    """Intervals over patients would be too short."""
    shutil.copy(later.root / "0.png", later.root / "35.png")
    with pytest.warns(DataWarning, match="1 files of this cohort stand under several patients"):
        validate_study(run, later, tmp_path / "out")


def test_patients_of_the_study_are_no_next_ones(run: Path, later: Cohort, tmp_path: Path) -> None:
    """Equal ids are refused, or stated to be of other people."""
    same = replace(later, patients=[f"p{who[1:]}" for who in later.patients])  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="12 patient ids are in `development`"):
        validate_study(run, same, tmp_path / "out")
    report = validate_study(run, same, tmp_path / "out", other_patients=True)
    assert report["next_cohort"]["shared_ids"] == 12


def test_what_is_no_study_or_no_new_folder_is_refused(
    run: Path, later: Cohort, tmp_path: Path
) -> None:
    """The study's own folder is never written to."""
    with pytest.raises(InvalidInputError, match="is not empty"):
        validate_study(run, later, run)
    with pytest.raises(InvalidInputError, match=r"is no ended study: 'plan\.json'"):
        validate_study(tmp_path, later, tmp_path / "out")
    other = replace(later, labels=np.where(later.is_positive, "sick", "odd"), classes=())
    with pytest.raises(
        InvalidInputError, match=r"\['well', 'sick'\], but the cohort has 'odd' too"
    ):
        validate_study(run, other, tmp_path / "out")


def test_one_class_against_the_rest_takes_any_rest(tmp_path: Path) -> None:
    """A study of sick against two others meets a cohort whose others are called otherwise."""
    three = cohort_of(tmp_path / "images", seed=0, mark="p", names=("sick", "well", "so-so"))
    run = ended(three.one_vs_rest("sick"), tmp_path)
    later = cohort_of(tmp_path / "later", seed=7, mark="q", names=("sick", "healthy"))
    report = validate_study(run, later, tmp_path / "out")

    assert report["settings"]["classes"] == ["not sick", "sick"]
    assert report["next_cohort"]["these"]["by_class"] == {"not sick": 18, "sick": 18}


def test_a_study_of_several_classes_is_compared_by_their_measures(tmp_path: Path) -> None:
    """A next cohort that lacks a class: what needs it is not estimable, and says so."""
    three = cohort_of(tmp_path / "images", seed=0, mark="p", names=("sick", "well", "so-so"))
    run = ended(three, tmp_path)
    assert read_development(run).thresholds is None
    later = cohort_of(tmp_path / "later", seed=7, mark="q", names=("sick", "well", "so-so"))
    found = validate_study(run, later, tmp_path / "out")["next_cohort"]
    two = later.take(np.flatnonzero(later.label_names != "so-so"))
    lacking = validate_study(run, two, tmp_path / "two")["next_cohort"]["differences"]

    assert found["these"]["by_class"] == {"sick": 12, "so-so": 12, "well": 12}
    assert found["differences"]["macro_auroc"]["difference"]["value"] is not None
    assert lacking["macro_auroc"]["difference"]["not_estimable"]
    with pytest.raises(InvalidInputError, match="`prevalence` is of two classes"):
        validate_study(run, later, tmp_path / "three", prevalence=0.1)


def test_patients_are_compared_where_they_are_the_unit(tmp_path: Path) -> None:
    """Pooled as the plan says, decided by the study's threshold of patients."""
    run = ended(cohort_of(tmp_path / "images", seed=0, mark="p"), tmp_path, unit="patient")
    later = cohort_of(tmp_path / "later", seed=7, mark="q")
    report = validate_study(run, later, tmp_path / "out")
    study = json.loads((run / "study.json").read_text("utf-8"))
    found = report["next_cohort"]["patient_differences"]

    assert report["patient_level"]["threshold"] == pytest.approx(study["patients"]["threshold"])
    for name in ("auroc", "sensitivity", "specificity"):
        told = study["patients"]["estimates"][name]["value"]
        assert found[name]["second"]["value"] == pytest.approx(told), name
