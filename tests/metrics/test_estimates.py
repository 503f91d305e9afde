"""Estimates by name print as lines, show as a table and become a data frame."""

import pytest

from prevalens import _optional
from prevalens.exceptions import MissingExtraError
from prevalens.metrics import Estimates, all_estimates


@pytest.fixture
def found() -> Estimates:
    """Two estimates of four images."""
    return all_estimates(
        [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], threshold=0.5, measures=["sensitivity", "npv"]
    )


def test_they_are_a_dictionary_still(found: Estimates) -> None:
    """Keys in the order asked for, values as before."""
    assert list(found) == ["sensitivity", "npv"]
    assert found["sensitivity"].value == 0.5
    assert str(found).splitlines()[1].startswith("npv          0.667 (95% CI ")


def test_they_show_as_a_table(found: Estimates) -> None:
    """Each estimate with its interval and n, each note once."""
    page = found._repr_html_()

    assert str(found["npv"]) in page
    assert "2 estimates" in page


def test_they_become_a_data_frame(found: Estimates) -> None:
    """A row for each measure, with the limits as columns."""
    table = found.to_frame()

    assert table.index.tolist() == ["sensitivity", "npv"]
    assert table.loc["sensitivity", "value"] == 0.5
    assert table.loc["npv", "lower"] == found["npv"].lower


def test_without_pandas_the_remedy_is_named(
    found: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No extra of prevalens is invented."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(_optional.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install pandas$"):
        found.to_frame()


def test_a_note_of_several_estimates_is_shown_once() -> None:
    """Two measures of the same few patients: one note, under both names."""
    patients = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]
    scores = [0.1, 0.9, 0.6, 0.4, 0.2, 0.7, 0.3, 0.8, 0.7, 0.6, 0.1, 0.9, 0.2, 0.3, 0.4, 0.7]
    made = all_estimates(
        [0, 1] * 8, scores, patients=patients, threshold=0.5,
        measures=["sensitivity", "specificity"],
    )  # fmt: skip
    told = made["sensitivity"].note
    assert told == made["specificity"].note
    assert "Few patients: 4" in str(told)
    assert made._repr_html_().count("Few patients: 4") == 1
    assert "sensitivity, specificity: " in made._repr_html_()
