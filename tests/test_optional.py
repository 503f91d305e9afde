"""A missing package is named with the extra that brings it."""

import sys
from pathlib import Path

import pytest

from prevalens._optional import require
from prevalens.exceptions import MissingExtraError


def test_a_present_package_is_handed_over() -> None:
    """The module itself comes back."""
    assert require("json.decoder", extra="plot") is sys.modules["json.decoder"]


def test_a_missing_package_names_its_extra() -> None:
    """The text is a command to paste."""
    with pytest.raises(
        MissingExtraError, match=r"`no_such_thing`.*pip install 'prevalens\[plot\]'"
    ):
        require("no_such_thing.pyplot", extra="plot")


def test_a_broken_package_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package is there but needs another, that one's error is shown."""
    (tmp_path / "halfway_here.py").write_text("import its_missing_need\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="its_missing_need"):
        require("halfway_here", extra="plot")
