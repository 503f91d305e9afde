"""Every paper that the code or a page cites is in the bibliography, and every entry is cited."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENTRIES = {
    match["key"]: match
    for match in re.finditer(
        r"^@\w+\{(?P<key>\w+), author = \{(?P<first>[^,]+),.*year = \{(?P<year>\d{4})\}",
        (ROOT / "docs" / "references.bib").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}
TEXTS = {
    path.relative_to(ROOT).as_posix(): " ".join(path.read_text(encoding="utf-8").split())
    for path in [
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "examples").glob("*.py"),
        *(
            path
            for folder in ("how-to", "explanation")
            for path in (ROOT / "docs" / folder).glob("*.md")
        ),
    ]
}
# "Wilson 1927", "Elkan (2001)", "Guo et al., 2017", "Sun & Xu, IEEE Signal Process Lett 2014;21".
CITED = re.compile(
    r"(?P<name>(?:van den |Van |Dal )?[A-Z][a-zà-ÿ]+(?:[A-Z][a-z]+)?)(?:'s)?"
    r"(?: [A-Z]{1,2}\.?)*(?:(?:,| &| and) [A-Z][\w-]+)*(?: et al\.?)?"
    r"(?:,? \(?| \()(?P<year>(?:19|20)\d\d)\b(?!-)"
)


def surnames(year: str) -> set[str]:
    """Return who is a first author of an entry of a year, in lower case."""
    return {match["first"].lower() for match in ENTRIES.values() if match["year"] == year}


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_is_cited(key: str) -> None:
    """By its key on a page, or by its first author and year in the code, within one reference."""
    first, year = ENTRIES[key]["first"], ENTRIES[key]["year"]
    named = re.compile(rf"{re.escape(first)}.{{0,300}}?{year}", re.IGNORECASE)
    by_key = re.compile(rf"\{{cite:[pt]\}}`[^`]*\b{key}\b")

    assert any(named.search(text) or by_key.search(text) for text in TEXTS.values())


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_cited_by_author_and_year_is_an_entry(name: str) -> None:
    """A docstring that names an author and a year can be looked up."""
    for match in CITED.finditer(TEXTS[name]):
        around = TEXTS[name][max(0, match.start() - 300) : match.end()].lower()
        assert any(first in around for first in surnames(match["year"])), match[0]


def test_keys_are_the_first_author_and_the_year() -> None:
    """So whoever knows the paper knows the key; no key stands twice, and they are in order."""
    text = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{(\w+),", text, re.MULTILINE)

    assert keys == sorted(set(keys)) == list(ENTRIES)
    for key, match in ENTRIES.items():
        assert key == match["first"].lower().replace(" ", "") + match["year"]
