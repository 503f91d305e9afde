"""Charts as SVG: valid XML, in place, told in words, and safe."""

import re
from xml.etree import ElementTree as ET

import pytest

from prevalens.reports.document import Chart, Line
from prevalens.reports.svg_charts import colours, legend, svg_chart, ticks

SPACE = "{http://www.w3.org/2000/svg}"


def chart(*lines: Line, **changes: object) -> Chart:
    """A chart on the unit square."""
    settings = {"name": "c", "title": "A & <b>", "description": "d", "x_label": "x", "y_label": "y"}
    return Chart(**(settings | changes), lines=lines)  # type: ignore[arg-type]


def parsed(drawn: str) -> ET.Element:
    """Parse as XML, so that a tag left open fails."""
    return ET.fromstring(drawn)  # noqa: S314 - our own drawing


def test_a_title_and_a_description_are_tied_to_the_drawing() -> None:
    """Screen readers are given both, whatever marks the title holds."""
    drawn = parsed(svg_chart(chart()))

    assert drawn.attrib["role"] == "img"
    assert drawn.attrib["aria-labelledby"] == "chart-c-title chart-c-description"
    assert drawn.find("title").text == "A & <b>"
    assert drawn.find("desc").attrib["id"] == "chart-c-description"


def test_corners_of_the_axes_are_where_they_belong() -> None:
    """The point (0, 0) is bottom left, (1, 1) top right; a square frame is square."""
    drawn = svg_chart(chart(Line("m", [0, 1], [0, 1])))
    (path,) = re.findall(r'class="line c0" d="([^"]+)"', drawn)
    (left, bottom), (right, top) = (p.split() for p in path.removeprefix("M").split("L"))

    assert float(left) < float(right)
    assert float(top) < float(bottom)
    assert float(right) - float(left) == pytest.approx(float(bottom) - float(top), abs=0.2)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("line", "line c1"),
        ("steps", "line c1"),
        ("dashes", "line dashes c1"),
        ("band", "band c0"),
        ("marks", "mark c1"),
    ],
)
def test_every_kind_is_valid_xml_and_has_a_legend(kind: str, shape: str) -> None:
    """Lines, steps, dashes, bands and marks, with their colours and swatches."""
    line = Line("<n>", [0, 0.5, 1], [0, 0.2, 0.4], kind, (0.1, 0.3, 0.5))
    drawn = parsed(svg_chart(chart(line)))

    assert len(list(drawn.iter())) > 10
    assert f'class="{shape}"' in svg_chart(chart(Line("first", [0, 1], [0, 1]), line))
    assert "&lt;n&gt;" in legend(chart(line))
    assert parsed(legend(chart(line))).tag == "ul"


def test_steps_have_a_corner_between_points() -> None:
    """Two points and the corner between them: across, then up."""
    drawn = svg_chart(chart(Line("s", [0, 1], [0, 1], "steps")))
    (path,) = re.findall(r'class="line c0" d="([^"]+)"', drawn)
    points = [tuple(map(float, p.split())) for p in path.removeprefix("M").split("L")]

    assert len(points) == 3
    assert points[1] == (points[2][0], points[0][1])


def test_values_outside_the_axes_stay_inside_the_frame() -> None:
    """A point beyond the range is drawn at the edge, not over the page."""
    drawn = svg_chart(chart(Line("m", [-5, 9], [7, -3])))
    (path,) = re.findall(r'class="line c0" d="([^"]+)"', drawn)

    assert all(0 <= float(number) <= 386 for number in re.findall(r"[\d.]+", path))


def test_an_empty_line_draws_nothing() -> None:
    """No points, no path; no names, no legend."""
    assert 'class="line' not in svg_chart(chart(Line("e", [], [])))
    assert legend(chart(Line("", [0], [0]))) == ""


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0, 1), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((-0.1, 0.4), [-0.1, 0.0, 0.1, 0.2, 0.3, 0.4]),
        ((0, 0.07), [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]),
    ],
)
def test_ticks_are_round_numbers(ends: tuple[float, float], expected: list[float]) -> None:
    """Steps of 1, 2 or 5 times a power of ten, from end to end."""
    assert ticks(*ends) == expected


def test_a_colour_belongs_to_a_name() -> None:
    """Unnamed lines and bands take the colour of the line they belong to."""
    lines = [Line("a", [], []), Line("", [], []), Line("b", [], []), Line("c", [], [], "band")]

    assert colours(chart(*lines)) == [0, 0, 1, 1]


def test_points_speak_under_the_pointer_as_text() -> None:
    """Each tip is the title of a clear spot on its point; marks in it stay text."""
    drawn = svg_chart(chart(Line("m", [0, 1], [0, 1], tips=["<a>", "b"])))

    assert drawn.count('class="tip"') == 2
    assert "<title>&lt;a&gt;</title>" in drawn
    parsed(drawn)


def test_long_numbers_leave_room_for_the_name_of_the_axis() -> None:
    """The axis stands 52 points from the left, and further where its numbers are long."""
    places = []
    for low in (0.0, -0.005):
        chart = Chart("c", "C", "d", "x", "y", [], y_range=(low, 1 if not low else 0.02))
        found = re.search(r'class="axis" d="M([\d.]+) ', svg_chart(chart))
        assert found is not None
        places.append(float(found[1]))

    assert places == [52.0, 26 + 6.5 * len("-0.005")]
