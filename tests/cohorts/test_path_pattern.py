"""What a path says: by a template or a regular expression."""

import pytest

from prevalens.cohorts.path_pattern import compiled, otherwise
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize(
    ("template", "path", "groups"),
    [
        ("{label}/{patient}_{shot}.png", "a/p1_2.png", ("a", "p1", "2")),
        ("{label}/{patient}_{shot}.png", "a/p_1_2.png", ("a", "p", "1_2")),
        ("{label}/{patient}_{shot}.png", "a/p1_2xpng", None),
        ("{label}/{patient}_{shot}.png", "x/a/p1_2.png", None),
        ("**/{label}/{patient}.*", "x/y/a/p1.tif", ("a", "p1")),
        ("**/{label}/{patient}.*", "a/p1.tif", ("a", "p1")),
        ("{patient}/{patient}_{label}.png", "p1/p1_a.png", ("p1", "a")),
        ("{patient}/{patient}_{label}.png", "p1/p2_a.png", None),
        ("{label}/[x]{patient}+.png", "a/[x]p1+.png", ("a", "p1")),
    ],
)
def test_templates_match_whole_paths(
    template: str, path: str, groups: tuple[str, ...] | None
) -> None:
    """Fields take as little as fits and no slash; other characters stand for themselves."""
    found = compiled(template, needs=()).fullmatch(path)

    assert (found and found.groups()) == groups


def test_quantifiers_of_an_expression_are_no_fields() -> None:
    """Three digits stay a regular expression."""
    assert compiled(r"(?P<label>\w)/\d{3}", needs=("label",)).fullmatch("a/123")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{label}/*.png", r"lacks patient. Write it as \{patient\}"),
        (r"(?P<label>\w+)/.*", r"lacks patient. Write it as \(\?P<patient>"),
        ("(.*", "no regular expression"),
    ],
)
def test_a_pattern_without_its_groups_is_explained(pattern: str, message: str) -> None:
    """In the words of a template or of an expression."""
    with pytest.raises(InvalidInputError, match=message):
        compiled(pattern, needs=("patient", "label"))


@pytest.mark.parametrize("template", ["{label}/{patient}*.png", "{label}/{patient}{shot}.png"])
def test_a_name_that_nothing_ends_is_refused(template: str) -> None:
    """Patients p12 and p23 would both be patient p."""
    with pytest.raises(InvalidInputError, match=r"Nothing says where \{patient\} ends"):
        compiled(template, needs=())


def test_a_template_can_be_read_with_long_names() -> None:
    """What a template may mean instead: the last underscore parts the shot."""
    found = otherwise("{label}/{patient}_{shot}.png").fullmatch("a/p_1_2.png")

    assert found is not None
    assert found.groups() == ("a", "p_1", "2")
