"""`prevalens plan-validation`: patients for widths and a promise."""

import pytest

from prevalens.command import main
from prevalens.decisions import plan_validation


def test_the_verb_prints_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """The same as the function's; a kind of image or a number is the correlation."""
    words = ["plan-validation", "--prevalence", "0.2", "--images", "20", "--auroc", "0.9"]
    words += ["--log-odds", "-2", "1.5"]
    for given, correlation in (("cells", "cells"), ("0.3", 0.3)):
        assert main([*words, "--correlation", given]) == 0
        plan = plan_validation(
            prevalence=0.2,
            images_per_patient=20,
            auroc=0.9,
            log_odds=(-2, 1.5),
            correlation=correlation,
        )
        assert capsys.readouterr().out == f"{plan}\n"
    assert main(["plan-validation", "--prevalence", "2"]) == 2
    assert "prevalence" in capsys.readouterr().err
