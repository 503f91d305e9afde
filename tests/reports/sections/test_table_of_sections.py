"""The table of sections: every file is an entry, and every entry is whole."""

from pathlib import Path

import pytest

from prevalens.features import LearningCurve
from prevalens.metrics import auroc
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, Development
from prevalens.reports.guideline_items import ITEMS
from prevalens.reports.sections import table_of_sections
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.table_of_sections import SECTIONS

FOLDER = Path(table_of_sections.__file__).parent
KNOWN = {item.key for item in ITEMS}


def test_every_file_is_one_section_named_after_it() -> None:
    """A new file is a new section; keys are file names, places differ and rise."""
    files = {path.stem for path in FOLDER.glob("*.py")}
    places = [section.place for section in SECTIONS]

    assert {section.key for section in SECTIONS} == files - {
        *("__init__", "section", "table_of_sections")
    }
    assert places == sorted(set(places))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_a_section_is_whole(section: Section[object]) -> None:
    """A part is computed or derived, not both; guideline items exist; states are known."""
    ways = [way for way in (section.compute, section.derive) if way is not None]

    assert len(ways) == (0 if section.part is None else 1), section.key
    for answer in section.answers:
        assert answer.state in {"answered", "partly", "not applicable"}
        assert set(answer.items) <= KNOWN, section.key
        assert answer.note


def a_curve() -> LearningCurve:
    """Return a curve of two points, made up."""
    points = [
        auroc([0, 1, 0, 1], scores) for scores in ([0.1, 0.5, 0.6, 0.9], [0.1, 0.8, 0.2, 0.9])
    ]
    return LearningCurve((10.0, 20.0), tuple(points), points[0])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_a_section_is_shown_or_said_to_be_absent(
    section: Section[object], predictions: Predictions
) -> None:
    """With a whole input each section shows blocks; without, it has a remedy or still shows."""
    whole = ClinicalReport(
        predictions,
        threshold=0.5,
        prevalence=0.1,
        by="site",
        compare=predictions,
        baselines={"age alone": predictions},
        learning_curve=a_curve(),
        development=Development(predictions=predictions, thresholds=0.5, other_patients=True),
        patient_score="mean",
        refer=(0.3, 0.7),
        site="site",
    ).record
    bare = ClinicalReport(Predictions(labels=[1], scores=[0.4], patients=None), threshold=0.5)

    assert section.key == "partition" or section.show(whole)
    assert section.show(bare.record) or section.remedy
