"""What is wrong with an option is said in one line, with the nearest one."""

import pytest

from prevalens.command import main


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("report t.csv --positve a", "prevalens report: --positve is no option. Did you mean"),
        ("report t.csv --positve=a", "prevalens report: --positve is no option. Did you mean"),
        ("report t.csv more", "prevalens report: 'more' is one word too many.\n"),
        ("report", "prevalens report: TABLE must be given.\n"),
        ("report t.csv --threshold x", "prevalens report: --threshold: 'x' is no number"),
        (
            "report t.csv --threshold-origin validaton",
            "validation, exploratory, got 'validaton'. Did you mean 'validation'?\n",
        ),
        ("reprot t.csv", "got 'reprot'. Did you mean 'report'?\n"),
        ("", "prevalens: COMMAND must be given.\n"),
        (
            "report t.csv --patient p --independent",
            "prevalens report: --independent: not allowed with argument --patient.\n",
        ),
    ],
)
def test_a_mistake_is_one_line_and_a_way_on(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No usage stands before it; exit status 2; the second line leads to the options."""
    with pytest.raises(SystemExit, match="2"):
        main(words.split())
    said = capsys.readouterr().err
    first, second = said.splitlines()

    assert told in said
    assert ".." not in first
    assert "?." not in first
    name = "prevalens report" if words.startswith("report") else "prevalens"
    assert second == f"`{name} --help` lists what it takes."


def test_a_mistake_is_of_the_parser_that_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    """`prevalens report --help` is what the second line promises."""
    with pytest.raises(SystemExit, match="0"):
        main(["report", "--help"])
    assert "--positive CLASS" in capsys.readouterr().out
