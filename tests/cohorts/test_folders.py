"""Folders: paths become a cohort, and nothing is left out in silence."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import read_folder
from prevalens.exceptions import DataWarning, InvalidInputError, UnreadableImageError
from prevalens.images import read_image


def make_folder(root: Path, *names: str) -> Path:
    """Write small images of the given names below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((2, 2), dtype=np.uint8)).save(path)
    return root


def test_a_folder_is_read_by_its_pattern(tmp_path: Path) -> None:
    """Named groups give label, patient and covariates; numbers become numbers."""
    root = make_folder(tmp_path, "sick/p1_03.png", "well/p2_01.png", "sick/p1_04.png")

    cohort = read_folder(
        root, r"(?P<label>\w+)/(?P<patient>p\d)_(?P<view>\d+)\.png", positive="sick"
    )

    assert cohort.images.tolist() == ["sick/p1_03.png", "sick/p1_04.png", "well/p2_01.png"]
    assert cohort.label_names.tolist() == ["sick", "sick", "well"]
    assert cohort.patients.tolist() == ["p1", "p1", "p2"]
    assert cohort.covariate("view").tolist() == ["03", "04", "01"]
    assert cohort.path(0).is_file()
    assert cohort.positive == "sick"


def test_the_default_pattern_is_label_folder_and_patient_prefix(tmp_path: Path) -> None:
    """`<label>/<patient>_<anything>` needs no pattern."""
    cohort = read_folder(make_folder(tmp_path, "a/7_x.png", "b/8_y.png"), positive="a")

    assert cohort.patients.tolist() == ["7", "8"]


def test_a_pattern_that_matches_nothing_shows_names_and_pattern(tmp_path: Path) -> None:
    """Three example names and the pattern are in the text."""
    root = make_folder(tmp_path, *(f"{k}.png" for k in range(5)))
    pattern = r"(?P<label>x)(?P<patient>y)"

    with pytest.raises(InvalidInputError, match="5 of 5 do not") as caught:
        read_folder(root, pattern, positive="x")

    for part in ("'0.png', '1.png', '2.png' and 2 more", repr(pattern)):
        assert part in str(caught.value)


def test_images_that_do_not_match_are_never_dropped_silently(tmp_path: Path) -> None:
    """A mask beside the images is an error until `ignore` names it."""
    root = make_folder(tmp_path, "a/1_x.png", "b/2_x.png", "a/1_x.mask.png")
    pattern = r"(?P<label>\w)/(?P<patient>\d)_\w\.png"

    with pytest.raises(InvalidInputError, match=r"1 of 3 do not: 'a/1_x\.mask\.png'"):
        read_folder(root, pattern, positive="a")
    cohort = read_folder(root, pattern, positive="a", ignore=r".*\.mask\.png")

    assert len(cohort) == 2


def test_patients_are_read_from_dicom_headers(tmp_path: Path) -> None:
    """The header's PatientID is the patient; a file without one is named."""
    pydicom = pytest.importorskip("pydicom", reason="the extra `dicom` is not installed")
    for name, patient in (("sick/1.dcm", "A"), ("well/2.dcm", "B"), ("well/3.dcm", "B")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        meta = pydicom.dataset.FileMetaDataset()
        meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
        meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        data = pydicom.dataset.Dataset()
        data.file_meta, data.PatientID = meta, patient
        data.save_as(tmp_path / name, enforce_file_format=True)
    pattern = r"(?P<label>\w+)/\d\.dcm"

    cohort = read_folder(tmp_path, pattern, positive="sick", patients_from="dicom")

    assert cohort.patients.tolist() == ["A", "B", "B"]
    with pytest.raises(InvalidInputError, match="names a group `patient` too"):
        read_folder(tmp_path, positive="sick", patients_from="dicom")
    (tmp_path / "well" / "4.dcm").write_text("no DICOM")
    with pytest.raises(UnreadableImageError, match=r"4\.dcm cannot be read as DICOM"):
        read_folder(tmp_path, pattern, positive="sick", patients_from="dicom")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [(r"(?P<label>\w+)/.*", "lacks patient"), (r"(.*", "no regular expression")],
)
def test_a_wrong_pattern_is_explained(tmp_path: Path, pattern: str, reason: str) -> None:
    """A pattern without the groups, or that is none, is refused."""
    with pytest.raises(InvalidInputError, match=reason):
        read_folder(make_folder(tmp_path, "a/1.png"), pattern, positive="a")


def test_a_missing_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    """No folder, and no image in it, are different errors."""
    with pytest.raises(InvalidInputError, match="gone does not exist"):
        read_folder(tmp_path / "gone", positive="a")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "._hidden.png").write_text("x")
    with pytest.raises(InvalidInputError, match="holds no image"):
        read_folder(tmp_path, positive="a")


def test_a_template_is_read_as_an_expression_is(tmp_path: Path) -> None:
    """`{label}/{patient}_{shot}.png` names the groups."""
    root = make_folder(tmp_path, "sick/p1_03.png", "well/p2_01.png")

    cohort = read_folder(root, "{label}/{patient}_{shot}.png", positive="sick")

    assert cohort.patients.tolist() == ["p1", "p2"]
    assert cohort.covariate("shot").tolist() == ["03", "01"]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    """Hidden folders and files, other files, ignored ones: in the provenance."""
    root = make_folder(
        tmp_path / "x", "a/1_x.png", "b/2_x.png", "b/.ipynb_checkpoints/2_x.png", "b/2_m.png"
    )
    (root / "notes.txt").write_text("x")
    (root / "a" / "._1_x.png").write_text("x")

    cohort = read_folder(root, positive="a", ignore=r".*_m\.png")

    assert len(cohort) == 2
    assert cohort.provenance == (
        "2 images read from the folder x. Left out: 1 other file ('notes.txt'), 1 hidden file "
        "('a/._1_x.png'), 1 hidden folder ('b/.ipynb_checkpoints'), 1 ignored file ('b/2_m.png')"
    )


def test_linked_folders_are_warned_of_and_read_where_asked(tmp_path: Path) -> None:
    """Once each: a link that leads back is no endless way, and none shows an image twice."""
    root = make_folder(tmp_path / "x", "a/1_x.png", "b/2_x.png")
    make_folder(tmp_path / "real", "3_x.png")
    (root / "a" / "more").symlink_to(tmp_path / "real")
    (root / "b" / "back").symlink_to(root)
    (root / "b" / "twice").symlink_to(root / "a")
    pattern = r"(?P<label>\w)/(more/)?(?P<patient>\d)_x\.png"

    with pytest.warns(DataWarning, match=r"3 linked folders \('a/more', 'b/.*follow_links"):
        assert len(read_folder(root, pattern, positive="a")) == 2
    with pytest.warns(DataWarning, match=r"2 linked folders .*'b/twice'\)\. .* read once"):
        cohort = read_folder(root, pattern, positive="a", follow_links=True)
    assert cohort.images.tolist() == ["a/1_x.png", "a/more/3_x.png", "b/2_x.png"]


def test_links_to_files_outside_are_warned_of_and_read_where_asked(tmp_path: Path) -> None:
    """A linked file may be anyone's; one that leads to a file of the same folder is read."""
    root = make_folder(tmp_path / "x", "a/1_x.png", "b/2_x.png")
    make_folder(tmp_path, "elsewhere.png")
    (root / "a" / "3_x.png").symlink_to(tmp_path / "elsewhere.png")
    (root / "a" / "4_x").symlink_to(tmp_path / "elsewhere.png")  # known by its content
    (root / "b" / "5_x.png").symlink_to(Path("..", "a", "1_x.png"))
    told = r"2 files linked from outside \('a/3_x\.png', 'a/4_x'\).*follow_links=True"

    with pytest.warns(DataWarning, match=told):
        cohort = read_folder(root, positive="a")

    assert cohort.images.tolist() == ["a/1_x.png", "b/2_x.png", "b/5_x.png"]
    assert "2 files linked from outside" in cohort.provenance
    assert len(read_folder(root, positive="a", follow_links=True)) == 5


def test_a_link_in_a_circle_is_an_image_that_cannot_be_read(tmp_path: Path) -> None:
    """It is named where it is read, as one that leads nowhere is; Path.resolve fails on it."""
    (tmp_path / "well").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "well" / "a_1.png")
    (tmp_path / "well" / "b_1.png").symlink_to("b_1.png")
    cohort = read_folder(tmp_path, positive="well", classes=("sick", "well"))

    assert len(cohort) == 2
    with pytest.raises(UnreadableImageError, match=r"b_1\.png cannot be opened"):
        read_image(cohort.path(1))


def test_a_root_that_is_a_link_itself_is_read(tmp_path: Path) -> None:
    """Its files lie below it, wherever it leads."""
    make_folder(tmp_path / "real", "a/1_x.png", "b/2_x.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert len(read_folder(tmp_path / "link", positive="a")) == 2


def test_images_without_a_suffix_are_found_by_how_they_begin(tmp_path: Path) -> None:
    """A PNG and a DICOM file that lost their names; a text beside them is none."""
    root = make_folder(tmp_path, "a/1_x.png", "b/2_x.png")
    (root / "b" / "2_x.png").rename(root / "b" / "2_x")
    (root / "b" / "3_IM0001").write_bytes(b"\0" * 128 + b"DICM")
    (root / "b" / "README").write_text("BM is how a bitmap begins, and a text may")

    cohort = read_folder(root, positive="a")

    assert cohort.images.tolist() == ["a/1_x.png", "b/2_x", "b/3_IM0001"]
    assert "1 other file ('b/README')" in cohort.provenance


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """With a picture's suffix or without."""
    root = make_folder(tmp_path, "a/1_x.png", "b/2_x.png")
    os.mkfifo(root / "a" / "3_x.png")
    os.mkfifo(root / "a" / "4_x")

    with pytest.warns(DataWarning, match=r"2 pipes or devices \('a/3_x\.png', 'a/4_x'\)"):
        assert len(read_folder(root, positive="a")) == 2


def test_names_that_a_table_could_not_hold_are_refused(tmp_path: Path) -> None:
    """A backslash parts folders on Windows; blanks at the ends are lost in tables."""
    root = make_folder(tmp_path, "a/1_x.png", "b/2_\\x.png")

    with pytest.raises(InvalidInputError, match=r"no backslash .*but 1 do: .*2_"):
        read_folder(root, positive="a")
    assert len(read_folder(root, positive="a", classes=("a", "b"), ignore=r"b/.*")) == 1


def test_names_that_are_no_utf8_are_read(tmp_path: Path) -> None:
    """The record holds text, `path` the file."""
    root = make_folder(tmp_path, "a/1_x.png")
    try:
        os.rename(  # noqa: PTH104
            make_folder(tmp_path, "b/2_x.png") / "b" / "2_x.png",
            os.fsencode(root) + b"/b/2_\xe4.png",
        )
    except OSError:
        pytest.skip("this file system takes no name that is not UTF-8")
    cohort = read_folder(root, positive="a")

    assert cohort.images.tolist() == ["a/1_x.png", "b/2_%E4.png"]
    assert cohort.path(1).is_file()
    moved = root.with_name(os.fsdecode(b"\xe4"))
    root.rename(moved)
    try:
        assert "2 images read from the folder %E4" in read_folder(moved, positive="a").provenance
    finally:
        moved.rename(root)


def test_a_template_that_fits_in_two_ways_is_said(tmp_path: Path) -> None:
    """Is p_1_2 shot 1_2 of patient p, or shot 2 of patient p_1?"""
    root = make_folder(tmp_path, "a/p_1_2.png", "a/q_3.png", "b/r_4.png")

    with pytest.warns(DataWarning, match=r"fits 1 of 3 paths in more than one way.*'p_1'"):
        cohort = read_folder(root, "{label}/{patient}_{shot}.png", positive="a")

    assert cohort.patients.tolist() == ["p", "q", "r"]


@pytest.mark.parametrize(("ignore", "count"), [("mask", 0), (".*", 2)])
def test_an_ignore_that_leaves_out_nothing_or_all_is_refused(
    tmp_path: Path, ignore: str, count: int
) -> None:
    """The expression is of the whole path, so that `mask` alone would leave out no mask."""
    root = make_folder(tmp_path, "a/p1_mask.png", "b/p2_mask.png")

    with pytest.raises(InvalidInputError, match=f"matches {count} of 2 paths from start to end"):
        read_folder(root, positive="a", ignore=ignore)


def test_a_pattern_that_makes_each_image_a_patient_is_warned_of(tmp_path: Path) -> None:
    """Twelve images of six patients, read as twelve patients: the names show the six."""
    names = [f"{'ab'[k % 2]}/p{k}_{shot}.png" for k in range(6) for shot in (1, 2)]
    root = make_folder(tmp_path, *names)

    with pytest.warns(DataWarning, match="6 in 12 images, such as 'p0'"):
        cohort = read_folder(root, "{label}/{patient}", positive="a")
    assert cohort.n_patients == 12
    assert read_folder(root, "{label}/{patient}_*.png", positive="a").n_patients == 6
