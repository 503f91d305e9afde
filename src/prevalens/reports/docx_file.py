"""A document as an Office Open XML file (.docx), for journals that take forms in no other format.

The parts that ECMA-376 asks for and no more: content types, relations, styles and the text. Text is
escaped here; characters that XML 1.0 cannot hold are left out. The same document makes the same
bytes.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from prevalens.reports.document import Chart, Document, Gallery, Paragraph, Table, basics

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file can say, so that bytes are the same
_WIDTH = 13958  # twentieths of a point between the margins of a landscape A4 page
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/></Types>'
)


def _relations(kind: str, target: str) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _style(name: str, title: str, size: int, *, kind: str = "paragraph", more: str = "") -> str:
    bold = "<w:b/>" if name.startswith(("Heading", "Title")) else ""
    default = ' w:default="1"' if name == "Normal" else ""
    return (
        f'<w:style w:type="{kind}"{default} w:styleId="{name}"><w:name w:val="{title}"/>{more}'
        f'<w:rPr>{bold}<w:sz w:val="{size}"/></w:rPr></w:style>'
    )


_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_MAIN}">'
    + _style("Normal", "Normal", 20)
    + _style("Title", "Title", 36)
    + _style("Heading1", "heading 1", 28, more="<w:pPr><w:keepNext/></w:pPr>")
    + _style("Caption", "caption", 18, more="<w:pPr><w:keepNext/></w:pPr>")
    + "</w:styles>"
)


def docx_file(document: Document) -> bytes:
    """Return a document as a .docx file; charts and pictures are told in words."""
    body = "".join(_body(document))
    page = (
        '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="1440" '
        'w:right="1440" w:bottom="1440" w:left="1440" w:header="708" w:footer="708" '
        'w:gutter="0"/></w:sectPr>'
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relations("styles", "styles.xml"),
        "word/styles.xml": _STYLES,
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_MAIN}"><w:body>{body}{page}</w:body>'
        "</w:document>",
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return held.getvalue()


def _body(document: Document) -> Iterator[str]:
    yield _paragraph(document.title, "Title")
    yield from (_paragraph(paragraph.text) for paragraph in document.lead)
    for passage in document.passages:
        yield _paragraph(passage.title, "Heading1")
        for block in basics(passage.blocks):
            if isinstance(block, Table):
                yield _table(block)
            elif isinstance(block, Paragraph):
                yield _paragraph(block.text)
            elif isinstance(block, Chart):
                yield _paragraph(f"{block.title}. {block.description}")
            elif isinstance(block, Gallery):
                yield _paragraph(block.caption)
                yield from (_paragraph(text) for text, _ in block.items)
            else:
                yield from (_paragraph(item) for item in block.items)


def _paragraph(text: str, style: str = "Normal") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{_run(text)}</w:p>'


def _run(text: str, look: str = "") -> str:
    safe = escape(_NOT_XML.sub("", text))
    return f'<w:r>{look}<w:t xml:space="preserve">{safe}</w:t></w:r>'


def _table(table: Table) -> str:
    """Return a table whose header row is repeated on each page, and an empty paragraph after it."""
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="999999"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    widths = _widths(table)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(table.header, widths, header=True)]
    rows += [_row(row, widths) for row in table.rows]
    return (
        f"{_paragraph(table.caption, 'Caption')}<w:tbl><w:tblPr>"
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{sides}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}'
        f"</w:tbl>{_paragraph('')}"
    )


def _row(cells: Sequence[str], widths: Sequence[int], *, header: bool = False) -> str:
    marks = "<w:cantSplit/><w:tblHeader/>" if header else "<w:cantSplit/>"
    bold = "<w:rPr><w:b/></w:rPr>" if header else ""
    told = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{_run(cell, bold)}</w:p>'
        "</w:tc>"
        for cell, width in zip(cells, widths, strict=True)
    )
    return f"<w:tr><w:trPr>{marks}</w:trPr>{told}</w:tr>"


def _widths(table: Table) -> list[int]:
    """Share the width of a page by the longest text of each column, of 12 to 60 letters."""
    columns = zip(table.header, *table.rows, strict=True)
    longest = [min(60, max(12, *map(len, column))) for column in columns]
    return [_WIDTH * length // sum(longest) for length in longest]
