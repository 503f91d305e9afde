"""`prevalens compare`: rows are matched by image, and must be the same ones."""

from pathlib import Path

import pytest

from prevalens.command import main

FIRST = {"a": (0, 0.1), "b": (1, 0.9), "c": (0, 0.2), "d": (1, 0.8), "e": (0, 0.3), "f": (1, 0.7)}
SECOND = {"f": (1, 0.2), "e": (0, 0.1), "d": (1, 0.8), "c": (0, 0.3), "b": (1, 0.9), "a": (0, 0.4)}


def table(path: Path, rows: dict[str, tuple[int, float]], *, images: bool = True) -> str:
    """Write predictions, each image its own patient's."""
    lines = [f"{name}.png,{name},{label},{score}" for name, (label, score) in rows.items()]
    header = "image,patient,label,score" if images else "x,patient,label,score"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def test_rows_are_matched_by_their_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """AUROC 1 against 7 of 9 pairs, whatever the order of the second table."""
    words = [table(tmp_path / "1.csv", FIRST), table(tmp_path / "2.csv", SECOND)]
    assert main(["compare", *words, "--patient", "patient"]) == 0
    told = capsys.readouterr().out

    assert told.startswith("auroc: first 1.000")
    assert "second 0.778" in told
    assert "difference 0.222" in told
    assert "matched by their image." in told


def test_other_images_and_other_labels_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fewer rows, another name, and rows by place whose labels disagree."""
    first = table(tmp_path / "1.csv", FIRST)
    fewer = table(tmp_path / "2.csv", {name: FIRST[name] for name in "abc"})
    other = table(tmp_path / "3.csv", {name.replace("a", "z"): x for name, x in FIRST.items()})
    by_place = table(tmp_path / "4.csv", SECOND, images=False)
    for second, told in ((fewer, "6 and 3 rows"), (other, "'a.png'"), (by_place, "row 1")):
        assert main(["compare", first, second, "--patient", "label"]) == 2
        assert told in capsys.readouterr().err


def test_rows_without_images_are_matched_by_place_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where labels and patients agree; a patient at another place, or no patient, is refused."""
    first = table(tmp_path / "1.csv", FIRST)
    second = table(tmp_path / "2.csv", FIRST, images=False)
    moved = {name: FIRST[name] for name in "cbadef"}  # a and c are both negative
    other = table(tmp_path / "3.csv", moved, images=False)

    assert main(["compare", first, second, "--patient", "patient"]) == 0
    told = capsys.readouterr().out
    assert "matched by their place, as not both tables have a column `image`; labels and p" in told
    assert main(["compare", first, other, "--patient", "patient"]) == 2
    assert "the same patients, but row 1 of the first is 'a'" in capsys.readouterr().err
    assert main(["compare", first, second, "--independent"]) == 2
    assert "labels alone cannot tell which rows" in capsys.readouterr().err
