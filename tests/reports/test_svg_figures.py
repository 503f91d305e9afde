"""Forest plots and flow diagrams: valid XML, told in words, and safe."""

from xml.etree import ElementTree as ET

import pytest

from prevalens.reports.document import Flow, FlowBox, Forest
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.svg_figures import svg_flow, svg_forest


def part(value: float) -> EstimatePart:
    """An estimate with limits a tenth to each side."""
    return EstimatePart(
        value=value,
        lower=value - 0.1,
        upper=value + 0.1,
        confidence_level=0.95,
        method="m",
        unit="image",
        n=10,
        events=5,
        patients=None,
    )


def test_a_forest_has_a_mark_and_an_interval_a_row() -> None:
    """Two rows: two marks, in the order of their values from left to right, two intervals."""
    rows = [("<site a>", "5/10", part(0.3)), ("b", "6/10", part(0.7))]
    drawn = ET.fromstring(svg_forest(Forest("f", "By site", rows, 0.5)))  # noqa: S314
    marks = list(drawn.iter("circle"))

    assert len(marks) == 2
    assert float(marks[0].attrib["cx"]) < float(marks[1].attrib["cx"])
    assert len([one for one in drawn.iter("path") if one.attrib["class"] == "line c0"]) == 2
    assert "<site a>: 0.300 (0.200 to 0.400), 5/10" in drawn.find("desc").text


def test_a_flow_holds_every_box_and_every_line() -> None:
    """What leaves the stream stands to the right of it; all texts are there."""
    boxes = [
        FlowBox("Cohort", ["9 images"]),
        FlowBox("Excluded", ["1 <blank>"], "aside"),
        FlowBox("Reported", ["8 images"]),
        FlowBox("Predicted positive", ["3"], "last"),
        FlowBox("Predicted negative", ["5"], "last"),
    ]
    drawn = ET.fromstring(svg_flow(Flow("Flow", boxes), name="flow"))  # noqa: S314
    left = [float(one.attrib["x"]) for one in drawn.iter("rect")]
    top = [float(one.attrib["y"]) for one in drawn.iter("rect")]

    assert left[1] > left[0] == left[2]
    assert top[3] == top[4]
    assert left[4] > left[3]
    words = "".join(drawn.itertext())
    assert all(text in words for box in boxes for text in (box.title, *box.lines))


def test_a_forest_of_ratios_has_its_own_axis_and_marks_summaries() -> None:
    """On an axis from 0 to 4 the value 2 stands in the middle; the last row has its own colour."""
    rows = [("a", "n 10", part(2.0)), ("b", "n 10", part(4.0)), ("All", "2 sites", part(0.1))]
    forest = Forest("f", "O/E", rows, 1.0, ends=(0.0, 4.0), summaries=1)
    drawn = ET.fromstring(svg_forest(forest))  # noqa: S314
    middle, right, left = (float(mark.attrib["cx"]) for mark in drawn.iter("circle"))
    colours = [mark.attrib["class"] for mark in drawn.iter("circle")]

    assert middle - left == pytest.approx((right - left) * 1.9 / 3.9, abs=0.2)
    assert colours == ["mark c0", "mark c0", "mark c1"]
    assert "4" in [text.text for text in drawn.iter("text")]
