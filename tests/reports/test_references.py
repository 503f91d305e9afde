"""Whatever a report cites stands in its list of references."""

from prevalens.reports.references import OWN, references_in


def test_what_is_cited_is_listed_in_full_and_sorted() -> None:
    """Two citations in two texts; a paper that nobody cites stays out."""
    found = references_in(["adjusted (Holm 1979)", "on the odds (Saerens 2002)."])

    assert [entry.split()[0] for entry in found] == ["Holm", "Saerens"]


def test_every_entry_holds_its_own_name_and_year() -> None:
    """A citation's author and year stand in the full reference."""
    for cited, full in OWN.items():
        *names, year = cited.replace("&", "").split()
        assert year in full
        assert names[-1] in full
