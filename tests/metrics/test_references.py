"""Tests of the papers that methods cite."""

import re

import pytest

from prevalens.metrics.references import REFERENCES, cited_in, references_in


@pytest.mark.parametrize("cited", REFERENCES)
def test_each_paper_is_found_by_the_words_it_is_cited_with(cited: str) -> None:
    """Alone and inside a sentence; the full reference names the first author and the year."""
    assert cited_in(cited) == [cited]
    assert references_in(f"an interval ({cited}), over patients") == [REFERENCES[cited]]
    author, year = re.split(r"[ ,]", cited.removeprefix("van "))[0], cited[-4:]
    assert author.split("-")[0] in REFERENCES[cited]
    assert year in REFERENCES[cited]


def test_papers_are_listed_once_in_order_of_their_authors() -> None:
    """Words that cite nobody give nothing."""
    text = "logit (Woolf 1955), Wilson (Wilson 1927), again (Woolf 1955), in 1999, On 2000 rows"
    assert [entry.split(" ")[0] for entry in references_in(text)] == ["Wilson", "Woolf"]
    assert references_in("images independent") == []
