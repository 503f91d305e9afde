"""Messages name options at a shell, not arguments of Python."""

import argparse

import pytest

from prevalens.verbs.shell_words import flags_of, in_shell_words


@pytest.fixture
def flags() -> dict[str, str]:
    """Options of a verb: two names of one argument, a dashed one, and one under another name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("--label", "--labels")
    parser.add_argument("--patient-threshold")
    parser.add_argument("--unit", dest="pooled_unit")
    parser.add_argument("-o", "--output")
    return flags_of(parser)


def test_arguments_of_python_become_options(flags: dict[str, str]) -> None:
    """Each name in backticks that is an option; others, such as a column's, stay as they are."""
    assert in_shell_words("`patient_threshold` needs `unit`, not `age`.", flags) == (
        "--patient-threshold needs --unit, not `age`."
    )
    assert in_shell_words("`label`, `labels`, `output`, `table`", flags) == (
        "--label, --labels, --output, `table`"
    )


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Correct `root` (--root).", "Correct --root."),
        ("Or pass allow_outside=True (--allow-outside).", "Or pass --allow-outside."),
        ("Correct it. (In Python, check_files=False takes others.)", "Correct it."),
        ("Here (--root) it is.", "Here (--root) it is."),
    ],
)
def test_what_is_said_for_python_alone_is_left_out(
    told: str, shown: str, flags: dict[str, str]
) -> None:
    """An option in brackets takes the place of what it stands for."""
    assert in_shell_words(told, flags) == shown
