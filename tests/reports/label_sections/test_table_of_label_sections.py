"""The sections of a report of several labels stand in their order."""

from prevalens.reports.label_sections.table_of_label_sections import LABEL_SECTIONS


def test_places_rise_and_keys_differ() -> None:
    """Key results come first."""
    places = [section.place for section in LABEL_SECTIONS]
    assert places == sorted(set(places))
    assert LABEL_SECTIONS[0].key == "key_results"
    assert len({section.key for section in LABEL_SECTIONS}) == len(LABEL_SECTIONS)
