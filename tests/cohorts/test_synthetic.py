"""make_cells: what it writes, that it repeats itself, and what it refuses."""

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import Cohort, make_cells, read_cnmc
from prevalens.exceptions import InvalidInputError


def small(directory: Path, **settings: object) -> Cohort:
    """Draw 30 cells of 6 patients at 64 pixels."""
    options: dict[str, object] = {"n_patients": 6, "images_per_patient": 5, "image_size": 64}
    return make_cells(directory, **{**options, **settings})  # type: ignore[arg-type]


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_default_image_is_the_file_c_nmc_distributes(tmp_path: Path) -> None:
    """450x450 pixels of 24 bits make 608,454 bytes, as in the real file list."""
    made = make_cells(tmp_path / "cells", n_patients=2, images_per_patient=1)

    for row in range(2):
        assert made.path(row).stat().st_size == 608_454
        with Image.open(made.path(row)) as image:
            assert (image.format, image.mode, image.size) == ("BMP", "RGB", (450, 450))


def test_names_follow_the_grammar_of_c_nmc(tmp_path: Path) -> None:
    """`UID_H1_1_2_hem.bmp`: patient, image, cell, class; four cells to an image."""
    made = small(tmp_path / "cells")

    for row, image in enumerate(made.images.tolist()):
        label, name = image.split("/")
        uid, patient, image_no, cell_no, last = name.split("_")
        assert uid == "UID"
        assert patient == made.patients[row]
        assert last == f"{label}.bmp"
        assert label == made.label_names[row]
        assert patient.startswith("H") == (label == "hem")
        assert int(image_no) == made.covariate("image_no")[row]
        assert int(cell_no) == made.covariate("cell_no")[row] <= 4


def test_the_c_nmc_reader_reads_the_drawing(tmp_path: Path) -> None:
    """Same files, patients and labels, found from the names alone."""
    made = small(tmp_path / "cells", n_patients=12)
    read = read_cnmc(tmp_path / "cells")
    order = np.argsort(made.images)

    np.testing.assert_array_equal(np.sort(read.images), made.images[order])
    again = np.argsort(read.images)
    np.testing.assert_array_equal(read.patients[again], made.patients[order])
    np.testing.assert_array_equal(read.label_names[again], made.label_names[order])
    assert (read.positive, read.classes) == (made.positive, made.classes)


def test_counts_are_those_asked_for(tmp_path: Path) -> None:
    """6 patients of 5 images: 30 images, 4 of 6 patients ill (47/73), 68 % of images `all`."""
    made = small(tmp_path / "cells")

    assert len(made) == 30
    assert made.positive == "all"
    assert made.classes == ("hem", "all")
    assert int(made.is_positive.sum()) == 20
    assert len({p for p in made.patients.tolist() if not p.startswith("H")}) == 4


def test_patients_give_very_different_numbers_of_images(tmp_path: Path) -> None:
    """The tail is heavy: the largest patient gives several times the median."""
    made = small(tmp_path / "cells", n_patients=30, image_size=16)
    counts = sorted(Counter(made.patients.tolist()).values())

    assert counts[0] >= 1
    assert counts[-1] >= 3 * counts[len(counts) // 2]


def test_the_same_seed_draws_the_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    """One process, two processes and a second run agree file by file; another seed does not."""
    small(tmp_path / "one")
    small(tmp_path / "two", workers=2)
    small(tmp_path / "other", seed=1)

    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_workers_are_told_whom_they_work_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose parent was killed ends with it; 30 cells are one piece of work."""
    told: list[int] = []
    monkeypatch.setattr("prevalens.cohorts.synthetic.leave_with", told.append)
    small(tmp_path / "cells")
    assert told == [os.getpid()]


def test_workers_left_in_another_folder_draw_where_they_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes kept from a call in one folder draw a relative folder of another."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        small(Path("cells"), workers=2)

        assert digests(tmp_path / name / "cells") == digests(tmp_path / "first/cells")


def test_every_image_differs(tmp_path: Path) -> None:
    """No two cells are the same file, so that a duplicate in a cohort is always a fault."""
    small(tmp_path / "cells", n_patients=12)
    found = digests(tmp_path / "cells")

    assert len(set(found.values())) == len(found) == 61


def test_a_later_call_takes_the_drawing_as_it_stands(tmp_path: Path) -> None:
    """The same arguments return the same cohort and write nothing."""
    first = small(tmp_path / "cells")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").rglob("*")}
    second = small(tmp_path / "cells")

    assert first == second
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").rglob("*")}


def test_png_holds_the_same_pixels(tmp_path: Path) -> None:
    """The format changes the file, not the image."""
    bmp, png = small(tmp_path / "bmp"), small(tmp_path / "png", file_format="png")

    assert png.images[3].endswith(".png")
    for row in (0, 17):
        with Image.open(bmp.path(row)) as one, Image.open(png.path(row)) as two:
            np.testing.assert_array_equal(np.asarray(one), np.asarray(two))


def test_the_cohort_says_that_it_is_synthetic(tmp_path: Path) -> None:
    """Reports print the provenance, so it must leave no doubt."""
    made = small(tmp_path / "cells")

    assert made.provenance.startswith("Synthetic: cells drawn by prevalens")
    assert "no image is of a patient" in made.provenance


def test_a_folder_with_other_files_is_refused_untouched(tmp_path: Path) -> None:
    """Somebody's files are never drawn over."""
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(InvalidInputError, match=r"holds other files\. Name another folder"):
        small(tmp_path)
    assert digests(tmp_path).keys() == {"thesis.txt"}


def test_another_drawing_is_refused_with_what_differs(tmp_path: Path) -> None:
    """The error names each setting that differs, there and here."""
    small(tmp_path / "cells")

    with pytest.raises(InvalidInputError, match=r"seed 0 there and 3 here. Name another folder"):
        small(tmp_path / "cells", seed=3)


def test_a_cut_image_is_found(tmp_path: Path) -> None:
    """A drawing with a missing or cut image is not taken for whole."""
    made = small(tmp_path / "cells")
    made.path(4).write_bytes(made.path(4).read_bytes()[:100])
    made.path(5).unlink()

    with pytest.raises(InvalidInputError, match=r"2 of its 30 images .* Delete the folder"):
        small(tmp_path / "cells")


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If drawing breaks off, neither the folder nor a temporary one remains."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        small(tmp_path / "cells")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_drawn_into(tmp_path: Path) -> None:
    """A folder that a user made for it is used, and the manifest lists every image's size."""
    made = small(tmp_path)
    manifest = json.loads((tmp_path / "make_cells.json").read_text())

    assert manifest["bytes"].keys() == set(made.images.tolist())
    assert manifest["bytes"][made.images[0]] == made.path(0).stat().st_size


def test_the_drawing_of_another_version_is_refused(tmp_path: Path) -> None:
    """A folder whose record has an unknown version is left alone, and the version is named."""
    small(tmp_path)
    path = tmp_path / "make_cells.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 9}))

    with pytest.raises(InvalidInputError, match="has version 9; this prevalens reads 1"):
        small(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_patients": 1}, "`n_patients` must be a whole number >= 2"),
        ({"n_positive": 6}, "Use n_positive <= 5"),
        ({"n_positive": 0}, "`n_positive` must be a whole number >= 1"),
        ({"images_per_patient": 0.5}, "`images_per_patient` must lie in"),
        ({"positive_share": 1.0}, "`positive_share` must lie in"),
        ({"file_format": "pgn"}, "Did you mean 'png'"),
        ({"image_size": 8}, "`image_size` must be a whole number >= 16"),
        ({"effect": -1}, "`effect` must lie in"),
        ({"workers": 0}, "`workers` must be a whole number >= 1"),
        ({"seed": -1}, "`seed` must be a whole number >= 0"),
    ],
)
def test_arguments_out_of_range_are_refused(
    tmp_path: Path, settings: dict[str, object], message: str
) -> None:
    """Each refusal states the rule and the value, and nothing is written."""
    with pytest.raises(InvalidInputError, match=message):
        small(tmp_path / "cells", **settings)
    assert not (tmp_path / "cells").exists()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """A file is not a folder to draw into."""
    (tmp_path / "cells").write_text("")

    with pytest.raises(InvalidInputError, match="is a file"):
        small(tmp_path / "cells")
