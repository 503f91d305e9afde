"""A table described as Croissant names every column where it stands."""

from prevalens.reports.croissant import croissant


def test_every_column_is_a_field_of_the_file() -> None:
    """Type, file, column; the licence only where it is known."""
    columns = {"image": "sc:Text", "label": "sc:Integer", "score": "sc:Float"}
    made = croissant(
        name="rows", description="three", file="p.csv", sha256="0" * 64, columns=columns
    )
    (records,) = made["recordSet"]
    (file,) = made["distribution"]

    assert {field["name"]: field["dataType"] for field in records["field"]} == columns
    assert all(field["source"]["fileObject"]["@id"] == file["@id"] for field in records["field"])
    assert len({field["@id"] for field in records["field"]}) == 3
    assert "license" not in made
    assert made["conformsTo"] == "http://mlcommons.org/croissant/1.0"
