"""Tests of the rows and folded parts of each class."""

from prevalens.reports import ClinicalReport
from prevalens.reports.class_sections.each_class import class_header, class_rows


def test_every_class_has_a_row_in_its_order(of_grades: ClinicalReport) -> None:
    """Name, images, patients and seven estimates with their intervals."""
    rows = class_rows(of_grades.record)
    assert [row[0] for row in rows] == ["none", "mild", "severe"]
    assert {len(row) for row in rows} == {len(class_header())} == {10}
    assert all("to" in cell for cell in rows[0][3:])


def test_counts_add_up(of_grades: ClinicalReport) -> None:
    """Images of the classes and predictions of the classes are all images."""
    classes = of_grades["each_class"]["classes"]
    matrix = of_grades["confusion_matrix"]
    assert [each["images"] for each in classes] == [sum(row) for row in matrix]
    assert [each["predicted"] for each in classes] == [
        sum(column) for column in zip(*matrix, strict=True)
    ]


def test_each_class_has_a_folded_part_and_a_curve(of_grades: ClinicalReport) -> None:
    """In the page; in text the same stands under its title."""
    page = of_grades.page(".html")
    for number, name in enumerate(("none", "mild", "severe")):
        assert f"<summary>{name} against the rest</summary>" in page
        assert f'id="chart-roc_{number}-title"' in page
        assert f"each_class.classes.{number}.estimates.auroc" in page
        assert f"{name} against the rest:" in str(of_grades)


def test_few_images_of_a_class_are_a_warning(of_grades: ClinicalReport) -> None:
    """The rare grade has fewer than 20 images, of all its patients."""
    rare = of_grades["each_class"]["rare"]
    assert len(rare) == 1
    assert rare[0].startswith("class 'severe' has only")
