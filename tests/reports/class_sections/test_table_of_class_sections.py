"""Tests of the table of sections of a report of several classes."""

from pathlib import Path

from prevalens.reports.class_sections.table_of_class_sections import CLASS_SECTIONS


def test_every_file_is_a_section_and_places_differ() -> None:
    """In rising order, and no two share a key."""
    places = [section.place for section in CLASS_SECTIONS]
    assert places == sorted(set(places))
    assert len({section.key for section in CLASS_SECTIONS}) == len(places)
    folder = Path(__file__).parents[3] / "src/prevalens/reports/class_sections"
    files = [path for path in folder.glob("[a-z]*.py") if not path.stem.startswith("table_of")]
    # Shared: partition, next cohort, more patients, provenance and guidelines.
    assert len(CLASS_SECTIONS) == len(files) + 5
