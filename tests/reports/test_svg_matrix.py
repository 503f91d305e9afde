"""Tests of the drawn confusion matrix of several classes."""

import re

from prevalens.reports.document import ClassMatrix
from prevalens.reports.svg_matrix import svg_matrix

CLASSES = ("<a>", "b", "a long name of a class")
DRAWN = str(svg_matrix(ClassMatrix("m", "Counts", CLASSES, [[3, 1, 0], [0, 0, 0], [0, 2, 2]])))


def test_every_cell_is_drawn_and_full_ones_hold_count_and_share() -> None:
    """By hand: 3 of 4 is 75 %; an empty class has no share."""
    assert DRAWN.count("<rect") == 9
    assert DRAWN.count('class="count"') == 4
    assert re.findall(r'class="share"[^>]*>([^<]+)<', DRAWN) == ["75%", "25%", "50%", "50%"]
    kinds = re.findall(r'class="cell (\w+)"', DRAWN)
    assert kinds == ["right" if cell in {0, 4, 8} else "wrong" for cell in range(9)]


def test_the_share_darkens_a_cell_so_far_that_its_text_can_be_read() -> None:
    """From 0.05 to 0.55 of the colour."""
    shades = [float(found) for found in re.findall(r'fill-opacity="([\d.]+)"', DRAWN)]
    assert shades[0] == 0.05 + 0.5 * 0.75
    assert (min(shades), max(shades)) == (0.05, 0.425)


def test_names_are_escaped_shortened_and_said_in_full() -> None:
    """A screen reader hears every full cell."""
    assert "<a>" not in DRAWN
    assert "a long name of …" in DRAWN
    assert "a long name of a class, predicted b: 2 (50.0%)" in DRAWN
