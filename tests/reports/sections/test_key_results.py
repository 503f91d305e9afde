"""The first screen: natural frequencies by hand, and every flag where it belongs."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Listing, Messages
from prevalens.reports.sections.key_results import SECTION, about_one_patient


def held_out(copies: int = 10) -> Predictions:
    """Sensitivity 0.9 and specificity 0.8 at a threshold of 0.5, one image a patient."""
    labels, scores = [1] * 10 + [0] * 10, [0.9] * 9 + [0.1] + [0.9] * 2 + [0.1] * 8
    return Predictions(
        labels=labels * copies, scores=scores * copies, patients=np.arange(20 * copies)
    )


def flags(predictions: Predictions, **settings: object) -> dict[str, str]:
    """Return the flags of a report by key."""
    given = {"threshold": 0.5, "threshold_origin": "pre-specified"} | settings
    part = SECTION.of(ClinicalReport(predictions, **given).record)  # type: ignore[arg-type]
    return {flag.key: flag.text for flag in part.flags}


def test_messages_are_natural_frequencies_at_the_stated_prevalence() -> None:
    """90 and 80 of 100; at 1 %: 0.009 / (0.009 + 0.198) is 4 of 100; 1 of 1,000 all-clears."""
    report = ClinicalReport(held_out(), threshold=0.5, prevalence=0.01)
    found = {item["key"]: item for item in report["key_results"]["messages"]}

    assert {key: item["of_100"] for key, item in found.items()} == {
        "sensitivity": 90,
        "specificity": 80,
        "ppv": 4,
    }
    assert found["ppv"]["headline"] == "4 of 100"
    assert "where 1.0 % of images are positive" in found["ppv"]["text"]
    assert "Of 1,000 all-clears 1 is wrong" in found["ppv"]["text"]
    assert "20 are false alarms" in found["specificity"]["text"]


def test_without_a_stated_prevalence_the_rows_own_is_named() -> None:
    """Half of the rows are positive: 0.9 / 1.1 is 82 of 100, and nothing is pretended."""
    report = ClinicalReport(held_out(), threshold=0.5)
    found = {item["key"]: item for item in report["key_results"]["messages"]}

    assert found["ppv"]["of_100"] == 82
    assert "no prevalence of use is stated" in found["ppv"]["text"]


def test_a_sound_report_has_no_flag() -> None:
    """200 patients of each class, a pre-specified threshold: nothing to remark."""
    assert flags(held_out(20)) == {}


def test_a_threshold_that_decides_nothing_is_told_with_its_cost() -> None:
    """At 0 all 100 negatives are false alarms; at 1 all 100 positives are missed."""
    assert (
        "all 100 images labelled negative are false alarms"
        in (flags(held_out(), threshold=0.0)["everything_positive"])
    )
    assert (
        "all 100 images labelled positive are missed"
        in (flags(held_out(), threshold=1.0)["everything_negative"])
    )


@pytest.mark.parametrize(
    ("key", "predictions", "settings"),
    [
        ("exploratory_threshold", held_out(), {"threshold_origin": "exploratory"}),
        (
            "auroc_below_half",
            held_out().with_scores(1 - held_out().scores),
            {"threshold": 0.5},
        ),
        ("few_sensitivity", held_out(1), {}),
        ("wide_specificity", held_out(1), {}),
        (
            "dominating_patient",
            Predictions(
                labels=[0, 1] * 50, scores=[0.2, 0.7] * 50, patients=[*([0] * 40), *range(1, 61)]
            ),
            {},
        ),
        (
            "repeated_rows",
            Predictions(
                labels=[0, 1] * 40,
                scores=np.tile(np.linspace(0.1, 0.9, 40), 2),
                patients=np.tile(np.arange(40), 2),
            ),
            {},
        ),
    ],
)
def test_every_flag_is_raised_where_it_belongs(
    key: str, predictions: Predictions, settings: dict[str, object]
) -> None:
    """An exploratory threshold, scores the wrong way round, few patients, and more."""
    assert key in flags(predictions, **settings)


def test_a_level_that_does_worse_is_named_once() -> None:
    """Men are found in half of cases, women in all: the gap is told of men, not of women."""
    rows = np.arange(400)
    labels, men = rows % 2, rows // 2 % 2
    scores = np.where(labels == 1, np.where((men == 1) & (rows % 8 == 3), 0.2, 0.8), 0.1)
    held = Predictions(
        labels=labels,
        scores=scores,
        patients=rows,
        covariates={"sex": np.where(men == 1, "m", "f")},
    )
    report = ClinicalReport(held, threshold=0.5, threshold_origin="pre-specified", by="sex")
    gaps = [flag for flag in report["key_results"]["flags"] if flag["key"] == "subgroup_gap"]

    assert any(flag["text"].startswith("sex m: Sensitivity 0.500, against 1.000") for flag in gaps)
    assert not any("sex f" in flag["text"] for flag in gaps)


def test_messages_stand_before_flags(report: ClinicalReport) -> None:
    """The first block is the results, the second what to look at, as a warning."""
    messages, warned = SECTION.show(report.record)

    assert isinstance(messages, Messages)
    assert isinstance(warned, Listing)
    assert warned.tone == "warning"
    assert [item.kind for item in messages.items] == ["found", "cleared", "alarm"]


@pytest.mark.parametrize(
    ("sizes", "flagged"),
    [
        ([4, *[1] * 16], True),  # a fifth
        ([4, *[1] * 17], False),
        ([36, *[10] * 12], True),  # 3 of 13: three times an even share
        ([35, *[10] * 12], False),
    ],
)
def test_one_patient_dominates_with_a_fifth_and_three_times_a_share(
    sizes: list[int], flagged: bool
) -> None:
    """The larger of both bounds counts; a share of exactly the bound is flagged."""
    codes = np.repeat(np.arange(len(sizes)), sizes)

    assert bool(list(about_one_patient(codes))) is flagged
    assert list(about_one_patient(None)) == []
