"""The parts of a document are plain, frozen values."""

import dataclasses

import pytest

from prevalens.reports.document import Document, Line, Paragraph, Section, Table


def test_a_document_is_compared_by_what_it_holds() -> None:
    """Equal parts make equal documents, which cannot be changed."""
    one = Document("t", [], [], [Section("a", "A", [Paragraph("x")])])
    other = Document("t", [], [], [Section("a", "A", [Paragraph("x")])])

    assert one == other
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.title = "u"  # type: ignore[misc]


def test_defaults_are_the_plain_kind() -> None:
    """A paragraph is plain, a line is a line, and rows are no estimates unless said."""
    assert Paragraph("x").tone == "plain"
    assert Line("x", [0], [0]).kind == "line"
    assert Table("c", ("h",), [("r",)]).keys == ()
