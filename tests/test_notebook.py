"""The pieces of HTML that records are shown by: escaped, told in words too, of nothing outside."""

import re

import numpy as np

from prevalens._notebook import bars, card, frame, note, pictures, table

HOSTILE = '"><img src=x onerror=alert(1)>'


def test_every_text_is_escaped() -> None:
    """Names from the data end up as text, in attributes as well."""
    page = card(
        HOSTILE,
        table((HOSTILE,), [(HOSTILE, HOSTILE)]),
        bars({HOSTILE: {HOSTILE: 3}}),
        pictures([(HOSTILE, np.zeros((4, 6, 3), dtype=np.uint8))]),
        note(HOSTILE),
    )

    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") >= 8
    assert "http" not in page


def test_bars_are_as_long_as_their_counts() -> None:
    """Of the longest bar the pieces fill the whole; counts are told in words."""
    drawn = bars({"train": {"sick": 30, "well": 50}, "test": {"sick": 10, "well": 0}})

    assert re.findall(r"width:([\d.]+)%", drawn) == ["37.5000", "62.5000", "12.5000"]
    assert "sick 10, well 0" in drawn


def test_bars_of_nothing_have_no_length() -> None:
    """An empty part divides nothing by 0."""
    assert "%" not in bars({"test": {"sick": 0}})


def test_a_page_is_framed_as_an_attribute() -> None:
    """Its quotes cannot end the attribute, so its style and script stay inside."""
    framed = frame('<p class="x">text</p>', title="A report", height=100)

    assert 'srcdoc="&lt;p class=&#34;x&#34;&gt;' in framed
    assert framed.count("<") == 2
