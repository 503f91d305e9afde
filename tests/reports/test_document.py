"""The parts of a document are plain, frozen values."""

import dataclasses

import pytest

from prevalens.reports.document import (
    Document,
    Either,
    Explorer,
    Flow,
    FlowBox,
    Forest,
    Line,
    Listing,
    Matrix,
    Message,
    Messages,
    Paragraph,
    Passage,
    Table,
    basics,
)


def test_a_document_is_compared_by_what_it_holds() -> None:
    """Equal parts make equal documents, which cannot be changed."""
    one = Document("t", [], [Passage("a", "A", [Paragraph("x")])])
    other = Document("t", [], [Passage("a", "A", [Paragraph("x")])])

    assert one == other
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.title = "u"  # type: ignore[misc]


def test_defaults_are_the_plain_kind() -> None:
    """A paragraph is plain, a line is a line, and rows are no estimates unless said."""
    assert Paragraph("x").tone == "plain"
    assert Line("x", [0], [0]).kind == "line"
    assert Table("c", ("h",), [("r",)]).keys == ()


def test_pictures_become_what_they_say() -> None:
    """A matrix is a table, messages and a flow are lists; what a table repeats is left out."""
    matrix = Matrix("c", ("well", "sick"), (1, 2, 3, 4))
    (table,) = basics([matrix])
    assert isinstance(table, Table)
    assert table.rows == [("Predicted positive", "1", "2"), ("Predicted negative", "3", "4")]
    assert table.header[1:] == ("Label sick", "Label well")

    (told,) = basics([Messages([Message("k", "5 of 10", "are found.", 50, "found")])])
    assert isinstance(told, Listing)
    assert told.items == ["5 of 10 are found."]

    _, flow = basics([Flow("f", [FlowBox("Cohort", ["4 images", "2 patients"])])])
    assert isinstance(flow, Listing)
    assert flow.items == ["Cohort: 4 images; 2 patients"]
    assert basics([Forest("f", "F", []), Explorer({})]) == []
    assert basics([Either([Paragraph("long")], [Paragraph("short")])]) == [Paragraph("short")]


def test_a_stranger_among_blocks_is_an_error() -> None:
    """Something that is no block is refused, not printed."""
    with pytest.raises(TypeError, match="got str"):
        basics(["text"])  # type: ignore[list-item]
