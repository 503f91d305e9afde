"""The guideline map is of this very report: take an input away, and its rows fall."""

import inspect
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.decisions import choose_threshold
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, Development
from prevalens.reports.document import Either
from prevalens.reports.sections.guidelines import SECTION
from prevalens.splits import Partition

OPEN = "to be completed by the authors"
RANK = [OPEN, "partly", "not applicable", "answered"]


def study() -> dict[str, Any]:
    """Everything that a report can be given."""
    rng = np.random.default_rng(0)
    rows = np.arange(400)
    labels = (rows // 4 % 3 == 0).astype(int)
    cohort = Cohort(
        images=[f"{row}.png" for row in rows],
        labels=np.array(["well", "sick"])[labels],
        patients=[f"p{row // 4}" for row in rows],
        positive="sick",
        covariates={"site": np.array(["north", "south"])[rows // 4 % 2]},
        provenance="A test",
    )
    scores = 1 / (1 + np.exp(-(2 * labels - 1 + rng.normal(size=400))))
    test = rows[200:]
    held = Predictions.of(cohort, test, scores[test], train_prevalence=0.5)
    validation = Predictions.of(cohort, rows[:200], scores[:200], train_prevalence=0.5)
    return {
        "predictions": held,
        "threshold": choose_threshold(validation, sensitivity=0.8),
        "prevalence": 0.1,
        "by": ("site",),
        "compare": held.with_scores(held.scores**2),
        "partition": Partition(
            train=rows[:200],
            validation=np.array([], int),
            test=test,
            cohort_fingerprint=cohort.fingerprint,
            n_rows=400,
            method="by hand",
        ),
        "cohort": cohort,
        "excluded": {"blank": 2},
    }


def states(**given: Any) -> dict[str, str]:
    """Return the state of each item of a report."""
    report = ClinicalReport(**given)
    return {f"{row['guideline']} {row['item']}": row["state"] for row in report["guidelines"]}


WHOLE = study()
FULL = states(**WHOLE)


@pytest.mark.parametrize(
    ("changes", "falling"),
    [
        (
            {"predictions": replace(WHOLE["predictions"], train_prevalence=None)},
            [
                *("TRIPOD+AI 12f", "TRIPOD+AI 13", "TRIPOD+AI 24"),
                *("PROBAST+AI D4.4", "PROBAST+AI E4.4"),
            ],
        ),
        ({"prevalence": None}, ["STARD-AI 28", "PROBAST+AI E1.3"]),
        (
            {"by": ()},
            [
                *("STARD-AI 21", "STARD-AI 23", "CLAIM 30", "CLAIM 37"),
                *("TRIPOD+AI 12d", "TRIPOD+AI 23a", "TRIPOD+AI 23b"),
            ],
        ),
        ({"compare": None}, ["STARD-AI 18"]),
        (
            {"partition": None, "cohort": None},
            [
                *("STARD-AI 15b", "STARD-AI 24", "STARD-AI 25", "TRIPOD+AI 12a", "TRIPOD+AI 20a"),
                *("CLAIM 19", "CLAIM 20", "CLAIM 35", "CLAIM 36"),
                *("PROBAST+AI D4.1", "PROBAST+AI E4.1", "PROBAST+AI E4.5"),
            ],
        ),
        (
            {"cohort": None},
            [
                *("STARD-AI 25", "TRIPOD+AI 20b", "TRIPOD+AI 20c", "CLAIM 20", "CLAIM 36"),
                "PROBAST+AI E4.5",
            ],
        ),
        (
            {
                name: replace(WHOLE[name], patients=None, provenance="")
                for name in ("predictions", "compare")
            },
            ["TRIPOD+AI 21"],
        ),
        (
            {"excluded": None},
            ["PROBAST+AI E4.3", "STARD-AI 20", "STARD-AI 24", "TRIPOD+AI 11", "CLAIM 12"],
        ),
        ({"threshold": 0.5}, ["STARD-AI 15c", "TRIPOD+AI 15"]),
    ],
    ids=[
        "train_prevalence",
        "prevalence",
        "by",
        "compare",
        "partition",
        "cohort",
        "patients",
        "excluded",
        "threshold",
    ],
)
def test_rows_fall_with_the_input_they_need(changes: dict[str, Any], falling: list[str]) -> None:
    """The named rows are claimed less; no row is claimed more."""
    now = states(**(WHOLE | changes))

    assert {item for item in FULL if RANK.index(now[item]) < RANK.index(FULL[item])} >= set(falling)
    assert all(RANK.index(now[item]) <= RANK.index(FULL[item]) for item in FULL)


def test_every_input_is_taken_away() -> None:
    """What a report is given is in the list above, or can support no claim."""
    taken = {*WHOLE, "worst", "refer", "baselines", "learning_curve", "development"}
    silent = {
        *("threshold_origin", "compare_threshold", "uncorrected", "patient_score"),
        *("patient_threshold", "site", "positive"),  # the last is of several classes alone
        *("picture", "picture_note", "confidence_level", "seed", "title", "made_by", "date"),
    }
    asked = set(inspect.signature(ClinicalReport).parameters)
    more = {"patient_score": "mean", "patient_threshold": 0.5, "site": "site"}
    more |= {"title": "T", "date": "D"}

    assert asked == taken | silent
    assert states(**(WHOLE | more)) == FULL


def test_a_band_without_a_decision_answers_what_is_indeterminate() -> None:
    """Two thresholds are claimed where they are given."""
    rows = WHOLE["predictions"]
    for refer, state in (((0.3, 0.6), "partly"), (None, OPEN)):
        assert states(predictions=rows, threshold=0.5, refer=refer)["STARD-AI 19"] == state


def test_baselines_are_a_comparison() -> None:
    """They answer how models were compared, where there is no other model."""
    rows = WHOLE["predictions"]
    for given, state in (({"noise": rows}, "answered"), (None, "partly")):
        assert states(predictions=rows, threshold=0.5, baselines=given)["STARD-AI 18"] == state


def test_the_study_that_made_the_model_is_internal_data() -> None:
    """Its held-out estimates are claimed where they are given, the next cohort in part."""
    rows = WHOLE["predictions"]
    study = Development(predictions=rows, thresholds=0.5, other_patients=True)
    for given, internal, partly in ((study, "answered", "partly"), (None, OPEN, OPEN)):
        found = states(predictions=rows, threshold=0.5, development=given)
        assert [found[item] for item in ("CLAIM 32", "CLAIM 33")] == [internal, partly]
        assert found["STARD-AI 29"] == partly


def test_errors_without_pictures_are_no_analysis(pictured: Predictions) -> None:
    """The worst rows are claimed where their pictures are shown."""
    for worst, state in ((3, "partly"), (0, OPEN)):
        assert states(predictions=pictured, threshold=0.9, worst=worst)["CLAIM 39"] == state


def test_a_bare_table_claims_little() -> None:
    """One class, one row: no estimates of accuracy, no methods of comparison, no flow."""
    bare = states(
        predictions=Predictions(labels=[1], scores=[0.4], patients=None), threshold=0.5, worst=0
    )

    for item in ("STARD-AI 31", "CLAIM 38", "CLAIM 28", "TRIPOD+AI 13", "TRIPOD+AI 14"):
        assert bare[item] == OPEN, item


def test_a_page_has_every_row_and_a_text_the_answered_ones() -> None:
    """178 rows in HTML; in text those that are open are one sentence a guideline."""
    report = ClinicalReport(**WHOLE)
    blocks = [block for block in SECTION.show(report.record) if isinstance(block, Either)]
    whole = [row for block in blocks for table in block.whole for row in table.rows]
    short = [row for block in blocks for row in block.short[0].rows]
    text = " ".join(str(report).split())

    assert len(whole) == 178
    assert len(short) == sum(state != OPEN for state in FULL.values())
    assert all(row[2] != OPEN for row in short)
    assert "To be completed by the authors: 1, 2, 3, 4, 5, 6," in text


def test_an_answer_says_where_it_stands() -> None:
    """Each claimed row names a section of the report and what it holds; open rows do not."""
    rows = ClinicalReport(**WHOLE)["guidelines"]

    assert len(rows) == 48 + 52 + 44 + 34
    for row in rows:
        assert (row["state"] == OPEN) == (row["where"] == "") == (row["note"] == "")
    assert FULL["TRIPOD+AI 14"] == OPEN
    assert FULL["STARD-AI 30"] == "answered"


@pytest.mark.parametrize("kind", ["two classes", "several classes", "several labels"])
def test_a_section_is_named_as_the_page_names_it(
    kind: str, of_grades: ClinicalReport, of_findings: ClinicalReport
) -> None:
    """Every row leads to a section that stands in the page, under the title that stands there."""
    several = {"several classes": of_grades, "several labels": of_findings}
    report = several.get(kind) or ClinicalReport(**WHOLE, patient_score="mean", refer=(0.3, 0.6))
    page = report.page(".html")
    titles = dict(re.findall('<h2 id="(.+?)-heading">(.+?)</h2>', page))
    rows = [row for row in report["guidelines"] if row["where"]]

    assert len(rows) > 10
    for row in rows:
        assert titles[row["where"]] == row["section"]
        assert f'<a href="#{row["where"]}">{row["section"]}: ' in page


@pytest.mark.parametrize("name", ["sex", "Scanner", "study centre"])
def test_only_subgroups_of_clusters_answer_for_clusters(name: str) -> None:
    """Levels of sex are no sites: the rows about clusters stay open; a scanner's fill them."""
    held = WHOLE["predictions"]
    levels = np.array(["a", "b"])[np.arange(len(held)) // 4 % 2]
    named = replace(held, covariates={name: levels})
    now = states(predictions=named, threshold=0.5, by=[name])
    clusters = {now["TRIPOD+AI 23b"], now["TRIPOD+AI 12d"]}

    assert now["CLAIM 30"] == "partly"
    assert clusters == ({OPEN} if name == "sex" else {"answered", "partly"})
