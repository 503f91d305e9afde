"""Tests of the images on which the model was surest of a label and wrong."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport

UNKNOWN = np.nan


def rows(**more: object) -> Predictions:
    """Two labels of six images; the label of the first is not known on rows 4 and 5."""
    return Predictions(
        labels=[[1, 0], [1, 0], [0, 1], [0, 1], [UNKNOWN, 0], [UNKNOWN, 1]],
        scores=[[0.4, 0.1], [0.1, 0.2], [0.9, 0.6], [0.6, 0.7], [0.95, 0.8], [0.2, 0.9]],
        patients=list("abcdef"),
        classes=("mass", "node"),
        **more,  # type: ignore[arg-type]
    )


def test_the_surest_errors_of_each_label_by_hand() -> None:
    """Positives from the lowest score, negatives from the highest; the unknown are no errors."""
    mass, node = ClinicalReport(rows(), threshold=0.5, worst=4)["label_errors"]

    assert (mass["name"], mass["missed"], mass["false_alarms"]) == ("mass", 2, 2)
    assert [each["row"] for each in mass["worst"]["misses"]] == [1, 0]
    assert [each["row"] for each in mass["worst"]["false_alarms"]] == [2, 3]
    assert [each["score"] for each in mass["worst"]["misses"]] == [0.1, 0.4]
    assert (node["missed"], node["false_alarms"]) == (0, 1)
    assert [each["patient"] for each in node["worst"]["false_alarms"]] == ["e"]


def test_each_label_has_its_own_threshold_and_its_share_of_pictures() -> None:
    """At 0.95 and 0.05: mass is missed, node an alarm; four pictures a kind are two a label."""
    report = ClinicalReport(rows(), threshold={"mass": 0.92, "node": 0.05}, worst=4)
    mass, node = report["label_errors"]

    assert (mass["missed"], mass["false_alarms"]) == (2, 0)
    assert (node["missed"], node["false_alarms"]) == (0, 3)
    assert [each["row"] for each in node["worst"]["false_alarms"]] == [4, 1]
    assert "2 of 3 false alarms of node, the highest scores first" in report.page(".txt")
    assert "No negative image of mass was predicted positive." in report.page(".txt")


def test_without_a_threshold_nothing_is_an_error() -> None:
    """The section is named absent, with what would bring it in; so it is where none is asked."""
    for given in ({}, {"threshold": 0.5, "worst": 0}):
        report = ClinicalReport(rows(), **given)
        assert report["label_errors"] is None
        absent = {each["part"]: each["remedy"] for each in report["not_included"]}
        title = "The worst misses and false alarms of each label"
        assert absent[title].startswith("give `threshold`")


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_pictures_and_their_note(tmp_path: Path, suffix: str) -> None:
    """A file has a picture in the page, and the author's words below; the record says it again."""
    names = [f"{row}.png" for row in range(6)]
    for name in names[:2]:
        Image.new("RGB", (8, 8), (200, 30, 30)).save(tmp_path / name)
    held = rows(images=names, root=tmp_path)
    report = ClinicalReport(held, threshold=0.5, picture_note="The whole radiograph.")
    page = report.page(suffix)

    assert "The whole radiograph." in page
    assert ("data:image/jpeg" in page) == (suffix == ".html")
    assert report["label_errors"][0]["worst"]["misses"][0]["image"] == "1.png"
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
