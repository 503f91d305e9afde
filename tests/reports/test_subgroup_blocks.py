"""Tests of subgroups as a reader sees them."""

from prevalens.metrics import auroc
from prevalens.reports.document import Details, Forest, Paragraph, Table
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.subgroup_blocks import blocks_of_many, group_blocks
from prevalens.reports.subgroup_parts import Level, OneOfMany, Subgroups


def estimate() -> EstimatePart:
    """The AUROC of twenty independent images."""
    return estimate_part(auroc([0, 1] * 10, [k / 20 for k in range(20)]))


def group() -> Subgroups:
    """Two levels that are told, and one that is not."""
    told = {"suppressed": False, "images": 20, "patients": None, "differences": {}}
    gone = {"suppressed": True, "images": None, "patients": None, "differences": {}}
    return Subgroups(
        by="site",
        levels=[
            Level(level="north", estimates={"auroc": estimate()}, **told),  # type: ignore[arg-type]
            Level(level="south", estimates={"auroc": estimate()}, **told),  # type: ignore[arg-type]
            Level(level="west", estimates={}, **gone),  # type: ignore[arg-type]
        ],
    )


def test_a_covariate_is_a_plot_and_a_table() -> None:
    """Rows lead to their place in the record; a suppressed level has a row without a value."""
    forest, table = group_blocks([group()], ("auroc",), {"auroc": estimate()})[:2]

    assert isinstance(forest, Forest)
    assert isinstance(table, Table)
    assert [name for name, _, _ in forest.rows] == ["north", "south"]
    assert forest.reference == estimate().value
    assert table.rows[2][:2] == ("west", "suppressed")
    assert table.keys[1] == "subgroups.0.levels.1.estimates.auroc"


def test_each_of_many_is_folded_under_its_name() -> None:
    """Plots have names of their own, as a page links to them; tests are counted over all."""
    part = [OneOfMany(name=name, groups=[group()]) for name in ("mass", "node")]
    whole = {name: {"auroc": estimate()} for name in ("mass", "node")}
    *folded, last = blocks_of_many(part, ("auroc",), whole, address="label_subgroups")

    assert [each.title for each in folded if isinstance(each, Details)] == [
        *("Subgroups of mass", "Subgroups of node")
    ]
    plots = [block for each in folded for block in each.blocks if isinstance(block, Forest)]  # type: ignore[union-attr]
    assert len({plot.name for plot in plots}) == len(plots) == 2
    assert isinstance(last, Paragraph)
    assert last.text.startswith("0 differences")
    assert blocks_of_many([], ("auroc",), {}, address="x") == []
