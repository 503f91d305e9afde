"""Each item of the guidelines is answered by a section, or the author's."""

from prevalens.reports.guideline_map import AUTHOR, ITEMS, guideline_rows


def test_an_item_is_answered_only_where_the_section_exists() -> None:
    """Without subgroups the items about heterogeneity are the author's again."""
    full = {item.section for item in ITEMS if item.section}
    rows = {(r["guideline"], r["item"]): r["answered"] for r in guideline_rows(full)}
    less = {
        (r["guideline"], r["item"]): r["answered"] for r in guideline_rows(full - {"subgroups"})
    }

    assert rows["TRIPOD+AI 2024", "23b"] == "subgroups"
    assert less["TRIPOD+AI 2024", "23b"] == AUTHOR
    assert rows["STARD 2015", "18"] == AUTHOR


def test_the_items_a_report_must_answer_are_there() -> None:
    """The items that concern results and thresholds have a section of their own."""
    sections = {(item.guideline, item.number): item.section for item in ITEMS}
    for number in ("12a", "15", "16", "23", "24"):
        assert sections["STARD 2015", number], number
    for number in ("12d", "12e", "13", "15", "23a", "23b"):
        assert sections["TRIPOD+AI 2024", number], number


def test_no_item_is_listed_twice() -> None:
    """One row for each item."""
    names = [(item.guideline, item.number) for item in ITEMS]

    assert len(set(names)) == len(names)
