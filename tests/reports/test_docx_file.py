"""A .docx file is well-formed, whole, escaped, and the same each time."""

import io
import zipfile
from xml.etree import ElementTree as ET

from prevalens.reports.document import Chart, Document, Gallery, Listing, Paragraph, Passage, Table
from prevalens.reports.docx_file import docx_file

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = 'a <w:t> & "b"\x00\x0b'
DOCUMENT = Document(
    HOSTILE,
    [Paragraph("lead")],
    [
        Passage(
            "one",
            "Section",
            [
                Table("caption", ("Item", "Asks for"), [("1", HOSTILE), ("2", "y" * 400)]),
                Chart("c", "Curve", "In words.", "x", "y", []),
                Gallery("Pictures", [("cell.png", None)]),
                Listing(["first", "second"]),
            ],
        )
    ],
)


def parts(data: bytes) -> dict[str, ET.Element]:
    """Parse every part of the package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314


def test_every_part_that_is_named_is_there() -> None:
    """Content types and relations lead to parts of the package, each well-formed XML."""
    held = parts(docx_file(DOCUMENT))
    types = [node.get("PartName") for node in held["[Content_Types].xml"]]
    targets = [node.get("Target") for node in held["_rels/.rels"]]
    targets += [f"word/{node.get('Target')}" for node in held["word/_rels/document.xml.rels"]]

    assert {name.lstrip("/") for name in types if name} == set(targets)
    assert set(targets) <= set(held)


def test_text_is_told_whole_and_escaped() -> None:
    """Every text in order; what XML cannot hold is left out, markup stays text."""
    body = parts(docx_file(DOCUMENT))["word/document.xml"]
    told = [node.text or "" for node in body.iter(f"{WORD}t")]

    assert told == [
        *('a <w:t> & "b"', "lead", "Section", "caption", "Item", "Asks for"),
        *("1", 'a <w:t> & "b"', "2", "y" * 400, "", "Curve. In words."),
        *("Pictures", "cell.png", "first", "second"),
    ]


def test_styles_that_are_used_are_defined_and_rows_are_whole() -> None:
    """A row has a cell for each column, and columns fill the page without passing it."""
    held = parts(docx_file(DOCUMENT))
    body, styles = held["word/document.xml"], held["word/styles.xml"]
    used = {node.get(f"{WORD}val") for node in body.iter(f"{WORD}pStyle")}
    widths = [int(node.get(f"{WORD}w") or 0) for node in body.iter(f"{WORD}gridCol")]

    assert used <= {node.get(f"{WORD}styleId") for node in styles.iter(f"{WORD}style")}
    assert [len(list(row.iter(f"{WORD}tc"))) for row in body.iter(f"{WORD}tr")] == [2, 2, 2]
    assert 13_900 < sum(widths) <= 13_958
    assert len(list(body.iter(f"{WORD}tblHeader"))) == 1


def test_the_same_document_makes_the_same_bytes() -> None:
    """No clock is in the file."""
    assert docx_file(DOCUMENT) == docx_file(DOCUMENT)
