"""The surest misses and false alarms come first."""

from pathlib import Path

import pytest
from PIL import Image

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Gallery, Paragraph
from prevalens.reports.sections.errors import SECTION


def test_the_surest_errors_come_first() -> None:
    """Positives below the threshold by rising score, negatives above it by falling score."""
    held = Predictions(
        labels=[1, 1, 0, 1, 1, 0, 0, 0],
        scores=[0.4, 0.1, 0.0, 0.5, 0.3, 0.6, 0.9, 0.7],
        patients=list("abcdefgh"),
    )
    part = SECTION.of(ClinicalReport(held, threshold=0.5, worst=2).record)

    assert [(row.row, row.patient, row.score) for row in part.misses] == [
        (1, "b", 0.1),
        (4, "e", 0.3),
    ]
    assert [row.row for row in part.false_alarms] == [6, 7]
    assert part.misses[0].no_thumbnail == "no image file is named"


@pytest.mark.parametrize(("limit", "shown"), [(2, 4), (0, 0)])
def test_errors_are_shown_as_many_as_asked(
    predictions: Predictions, limit: int, shown: int
) -> None:
    """As many misses and as many false alarms; none asked, none shown or kept."""
    report = ClinicalReport(predictions, threshold=0.5, worst=limit)
    galleries = [block for block in SECTION.show(report.record) if isinstance(block, Gallery)]

    assert sum(len(gallery.items) for gallery in galleries) == shown
    assert (report["errors"] is None) == (limit == 0)


def test_no_error_is_a_finding_too() -> None:
    """Where nothing was missed and no alarm was false the section says so."""
    held = Predictions(labels=[0, 1, 1], scores=[0.1, 0.9, 0.8], patients=None)
    blocks = SECTION.show(ClinicalReport(held, threshold=0.5).record)
    texts = [block.text for block in blocks if isinstance(block, Paragraph)]

    assert texts == [
        "No positive image was predicted negative.",
        "No negative image was predicted positive.",
    ]


def test_the_note_stands_where_a_picture_was_drawn(tmp_path: Path) -> None:
    """With a file the author's words follow the pictures; without one they do not."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    for names, told in ((["a.png", "b.png"], True), (["x.png", "y.png"], False)):
        held = Predictions(
            labels=[1, 0], scores=[0.2, 0.1], patients=None, images=names, root=tmp_path
        )
        report = ClinicalReport(held, threshold=0.5, picture_note="Red spoke for it.")
        texts = [b.text for b in SECTION.show(report.record) if isinstance(b, Paragraph)]
        assert ("Red spoke for it." in texts) == told
        assert any("whether a file is still the one that was scored" in t for t in texts) == told
