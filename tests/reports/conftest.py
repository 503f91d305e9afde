"""Predictions that a report can be made of, and reports."""

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.request import Request, checked_request

HOSTILE = '<img src=x onerror="alert(1)">&'


def clustered(n_patients: int = 40, *, seed: int = 0, root: Path = Path()) -> Predictions:
    """Patients with 2 to 9 images, every third positive in part, from three sites."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_patients), rng.integers(2, 10, n_patients))
    labels = ((owner % 3 == 0) & (rng.random(owner.size) < 0.8)).astype(int)
    logits = 2 * labels - 1 + 0.6 * rng.normal(size=n_patients)[owner] + rng.normal(size=owner.size)
    return Predictions(
        labels=labels,
        scores=1 / (1 + np.exp(-logits)),
        patients=[f"p{k}" for k in owner],
        covariates={
            "site": np.array(["north", HOSTILE, "south"])[owner // 5 % 3],
            "age": owner * 1.5 + 20,
        },
        images=[f"image_{k}.png" for k in range(owner.size)],
        provenance="Synthetic scores of the tests",
        train_prevalence=0.5,
        classes=("well", "sick"),
        root=root,
    )


FINDINGS = ("mass", "node", "fluid")


def findings(n_patients: int = 60, *, seed: int = 0) -> Predictions:
    """Patients with 1 to 4 images of three findings, the last rare, some of them not known."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_patients), rng.integers(1, 5, n_patients))
    labels = (rng.random((owner.size, 3)) < [0.4, 0.3, 0.05]).astype(float)
    labels[0, 2] = labels[1, 2] = 1
    logits = 1.5 * labels - 1 + 0.5 * rng.normal(size=(n_patients, 3))[owner]
    logits += rng.normal(size=labels.shape)
    labels[2:9, 0] = np.nan
    return Predictions(
        labels=labels,
        scores=1 / (1 + np.exp(-logits)),
        patients=[f"p{k}" for k in owner],
        images=[f"image_{k}.png" for k in range(owner.size)],
        provenance="Synthetic scores of the tests",
        classes=FINDINGS,
    )


GRADES = ("none", "mild", "severe")


def graded(n_patients: int = 60, *, seed: int = 0) -> Predictions:
    """Patients with 1 to 5 images of three grades, the highest rare, from two sites."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_patients), rng.integers(1, 6, n_patients))
    labels = rng.choice(3, owner.size, p=[0.65, 0.3, 0.05])
    logits = rng.normal(size=(owner.size, 3)) + 0.5 * rng.normal(size=(n_patients, 3))[owner]
    logits[np.arange(owner.size), labels] += 1.5
    odds = np.exp(logits)
    return Predictions(
        labels=labels,
        scores=np.round(odds / odds.sum(axis=1, keepdims=True), 2),
        patients=[f"p{k}" for k in owner],
        covariates={"site": np.array(["north", HOSTILE])[owner % 2]},
        images=[f"image_{k}.png" for k in range(owner.size)],
        provenance="Synthetic scores of the tests",
        classes=GRADES,
        ordered=True,
    )


@pytest.fixture(scope="session")
def graded_rows() -> Predictions:
    """Sixty patients with three grades, the highest rare."""
    return graded()


@pytest.fixture(scope="session")
def finding_rows() -> Predictions:
    """Return predictions of three findings, of which one is not known on seven rows."""
    return findings()


@pytest.fixture(scope="session")
def of_findings(finding_rows: Predictions) -> ClinicalReport:
    """A report of three findings, at a threshold of 0.5."""
    return ClinicalReport(finding_rows, threshold=0.5, threshold_origin="pre-specified")


@pytest.fixture(scope="session")
def of_grades(graded_rows: Predictions) -> ClinicalReport:
    """A report of three grades with every part that predictions can fill."""
    held = graded_rows
    other = np.roll(held.scores, 1, axis=0)
    return ClinicalReport(
        held, by=["site"], compare=held.with_scores(other), title=f"Grades {HOSTILE}", excluded={}
    )


@pytest.fixture
def predictions() -> Predictions:
    """Forty patients; the image files do not exist."""
    return clustered()


@pytest.fixture
def pictured(tmp_path: Path) -> Predictions:
    """The same with real files for the positives."""
    made = clustered(root=tmp_path)
    rng = np.random.default_rng(1)
    for row in np.flatnonzero(made.labels == 1).tolist():
        pixels = rng.integers(0, 255, (300, 200, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / str(made.images[row]))
    return made


@pytest.fixture(scope="session")
def report() -> ClinicalReport:
    """A report with every part that predictions alone can fill, of those of forty patients."""
    return ClinicalReport(
        clustered(),
        threshold=0.5,
        threshold_origin="pre-specified",
        prevalence=0.05,
        by=("site", "age"),
        patient_score="mean",
        title=f"Report {HOSTILE}",
    )


Ask = Callable[..., Request]


@pytest.fixture
def ask() -> Ask:
    """Return what checks the arguments of a report, with a threshold of 0.5 and defaults."""
    names = inspect.signature(ClinicalReport).parameters.values()
    defaults = {name.name: name.default for name in names if name.default is not name.empty}

    def asked(predictions: Predictions, **changes: object) -> Request:
        settings = {**defaults, "threshold": 0.5, "made_by": "a test", **changes}
        return checked_request(predictions, **settings)

    return asked
