"""The confusion matrix, and what the sliders read."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Explorer, Matrix
from prevalens.reports.sections.confusion_matrix import SECTION


def test_the_matrix_names_the_classes_and_is_counted_by_hand() -> None:
    """One found, one false alarm, one missed, two cleared, under the classes' own names."""
    held = Predictions(
        labels=[1, 1, 0, 0, 0],
        scores=[0.5, 0.4, 0.5, 0.1, 0.2],
        patients=None,
        classes=("well", "sick"),
    )
    matrix, explorer = SECTION.show(ClinicalReport(held, threshold=0.5, prevalence=0.02).record)

    assert isinstance(matrix, Matrix)
    assert (matrix.classes, matrix.counts) == (("well", "sick"), (1, 1, 1, 2))
    assert isinstance(explorer, Explorer)
    place = explorer.data["thresholds"].index(0.5)
    assert (explorer.data["tp"][place], explorer.data["fp"][place]) == (1, 1)
    assert (explorer.data["positives"], explorer.data["negatives"]) == (2, 3)
    assert explorer.data["prevalence"] == 0.02


def test_one_class_has_nothing_to_explore() -> None:
    """Without negatives there is no curve, and no slider."""
    held = Predictions(labels=[1, 1], scores=[0.2, 0.9], patients=None)
    blocks = SECTION.show(ClinicalReport(held, threshold=0.5).record)

    assert not any(isinstance(block, Explorer) for block in blocks)
