"""What a clinician asks in two minutes is answered on a report's first screen, as a page says."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "report-from-a-csv.md"


def rows() -> Predictions:
    """Sixteen patients; positives of men are found half as often, and one patient has a third."""
    rng = np.random.default_rng(2)
    patients = np.concatenate([np.repeat(np.arange(15), 20), np.full(150, 15)])
    male = patients % 2 == 1
    labels = (rng.random(patients.size) < 0.4).astype(int)
    hit = np.where(labels == 1, np.where(male, 0.45, 0.95), 0.2)
    scores = np.where(rng.random(patients.size) < hit, 0.8, 0.3)
    return Predictions(
        labels=labels,
        scores=scores,
        patients=[f"P{number:02}" for number in patients],
        covariates={"sex": np.where(male, "male", "female")},
    )


@pytest.fixture(scope="module")
def screen() -> tuple[ClinicalReport, str, list[str], str]:
    """The report, the lines above its key results, these, and the yellow list, as text."""
    report = ClinicalReport(rows(), threshold=0.5, by=["sex"], prevalence=0.03)
    page = report.page(".html")
    first = page[: page.index('<section id="confusion_matrix"')]
    lead, results = first.split('<section id="key_results"')
    told, flags = results.split('class="warning"')
    return (
        report,
        plain(lead),
        [plain(part) for part in told.split("<li data-message")[1:]],
        plain(flags),
    )


def plain(markup: str) -> str:
    """Return what a reader sees."""
    body = markup[markup.find("<body") :] if "<body" in markup else markup
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


Screen = tuple[ClinicalReport, str, list[str], str]


def share(report: ClinicalReport, key: str) -> int:
    """Return an estimate as so many of 100."""
    return round(100 * float(report["estimates"][key]["value"]))


def stated(report: ClinicalReport) -> dict[str, float]:
    """Return PPV and NPV at the stated prevalence, by Bayes' rule from the report's estimates."""
    sensitivity, specificity = (
        float(report["estimates"][key]["value"]) for key in ("sensitivity", "specificity")
    )
    true, false = 0.03 * sensitivity, 0.97 * (1 - specificity)
    missed = 0.03 * (1 - sensitivity)
    return {"ppv": true / (true + false), "wrong": missed / (missed + 0.97 * specificity)}


ANSWERS: dict[str, Callable[[Screen], bool]] = {
    "Of a hundred with the disease, how many are found?": lambda at: bool(
        re.search(rf"{share(at[0], 'sensitivity')} of 100 .* found.*sensitivity .*\d to ", at[2][0])
    ),
    "Of a hundred without it, how many are alarmed?": lambda at: (
        f"{100 - share(at[0], 'specificity')} are false alarms" in at[2][1]
    ),
    "How many alarms are right where I work?": lambda at: (
        f"{round(100 * stated(at[0])['ppv'])} of 100" in at[2][2] and "3.0 %" in at[2][2]
    ),
    "How often is an all-clear wrong?": lambda at: (
        f"Of 100 all-clears {round(100 * stated(at[0])['wrong'])} is wrong" in at[2][2]
    ),
    "On how many patients, and how sure is it?": lambda at: (
        "Only 16 patients" in at[3] and "One patient has 33% of the images" in at[3]
    ),
    "Is somebody served worse?": lambda at: "sex male: Sensitivity" in at[3],
    "May I believe the threshold?": lambda at: "exploratory" in at[1],
}


def test_the_page_asks_these_questions() -> None:
    """Seven of them, each with the place of its answer."""
    text = PAGE.read_text(encoding="utf-8").partition("## Two minutes with a report")[2]
    asked = re.findall(r"^\| ([^|]*\?) \| (.+) \|$", text.partition("\n## ")[0], re.MULTILINE)

    assert [question for question, _ in asked] == list(ANSWERS)
    assert all(place for _, place in asked)


@pytest.mark.parametrize("question", list(ANSWERS))
def test_its_answer_is_on_the_first_screen(question: str, screen: Screen) -> None:
    """Above the confusion matrix, with the value that the estimates or Bayes' rule give."""
    assert ANSWERS[question](screen), screen[1:]
