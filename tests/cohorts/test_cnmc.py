"""C-NMC 2019: every layout gives the same cohort."""

from pathlib import Path

import numpy as np
import pytest

from prevalens.cohorts import class_counts, find_duplicates, make_cells, read_cnmc
from prevalens.exceptions import DataWarning, InvalidInputError

MANIFEST = Path(__file__).parents[2].parent / "shared" / "data" / "cnmc" / "manifest.csv"
NAMES = {
    "fold_0": ["UID_11_10_1_all.bmp", "UID_H11_1_2_hem.bmp"],
    "fold_1": ["UID_h3_7_1_hem.bmp", "UID_3_7_1_all.bmp"],
    "fold_2": ["UID_H3_8_1_hem.bmp"],
}
PRELIMINARY = {"1.bmp": "UID_57_29_1_all.bmp", "2.bmp": "UID_H49_35_1_hem.bmp"}


def touch(path: Path) -> None:
    """Make an empty file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def training(root: Path) -> Path:
    """Make fold_0 to fold_2 below `root`."""
    for fold, names in NAMES.items():
        for name in names:
            touch(root / fold / name[-7:-4] / name)
    return root


def preliminary(images: Path, table: Path) -> None:
    """Make the preliminary test set: numbered images and the table of their names."""
    for name in PRELIMINARY:
        touch(images / name)
    rows = [f"{true},{name},{int('_all' in true)}" for name, true in PRELIMINARY.items()]
    table.write_text("\n".join(["Patient_ID,new_names,labels", *rows]))


@pytest.mark.parametrize(
    "outer", ["", "C-NMC_training_data", "training_data", "C-NMC_Leukemia/training_data"]
)
def test_the_training_folds_below_any_outer_folder(tmp_path: Path, outer: str) -> None:
    """Five cells of four patients: h3 and H3 are one, 3 and H3 are two, fold and cell are kept."""
    training(tmp_path / outer)

    cohort = read_cnmc(tmp_path)

    assert cohort.positive == "all"
    assert cohort.classes == ("hem", "all")
    assert class_counts(cohort) == {"hem": 3, "all": 2}
    assert sorted(set(cohort.patients.tolist())) == ["11", "3", "H11", "H3"]
    assert set(cohort.covariate("fold").tolist()) == {"fold_0", "fold_1", "fold_2"}
    assert cohort.path(0).is_file()


def test_a_flat_folder(tmp_path: Path) -> None:
    """All images in one folder need no fold."""
    for names in NAMES.values():
        for name in names:
            touch(tmp_path / name)

    cohort = read_cnmc(tmp_path)

    assert len(cohort) == 5
    assert set(cohort.covariate("fold").tolist()) == {"none"}


@pytest.mark.parametrize(
    ("images", "table"),
    [
        (
            "C-NMC_test_prelim_phase_data/C-NMC_test_prelim_phase_data",
            "C-NMC_test_prelim_phase_data/C-NMC_test_prelim_phase_data_labels.csv",
        ),
        (
            "validation_data/C-NMC_test_prelim_phase_data",
            "validation_data/C-NMC_test_prelim_phase_data_labels.csv",
        ),
        ("phase2", "phase2.csv"),
    ],
)
def test_the_preliminary_set_and_its_table(tmp_path: Path, images: str, table: str) -> None:
    """Numbered images get patient and class from the table; training and both are chosen."""
    training(tmp_path / "fold_data")
    preliminary(tmp_path / images, tmp_path / table)

    cohort = read_cnmc(tmp_path, part="preliminary")

    assert cohort.patients.tolist() == ["57", "H49"]
    assert cohort.label_names.tolist() == ["all", "hem"]
    assert set(cohort.covariate("part").tolist()) == {"preliminary"}
    assert len(read_cnmc(tmp_path)) == 5
    assert len(read_cnmc(tmp_path, part="both")) == 7


def test_preliminary_images_renamed_by_hand(tmp_path: Path) -> None:
    """Images that a user gave their true names are still the preliminary set."""
    preliminary(tmp_path / "phase2", tmp_path / "phase2.csv")
    for name, true in PRELIMINARY.items():
        (tmp_path / "phase2" / name).rename(tmp_path / "phase2" / true)

    assert len(read_cnmc(tmp_path, part="preliminary")) == 2


def test_unlabelled_images_are_left_out_and_counted(tmp_path: Path) -> None:
    """The final test set has no labels; the provenance says how many images that were."""
    training(tmp_path)
    for name in ("7.bmp", "8.bmp"):
        touch(tmp_path / "testing_data" / name)

    cohort = read_cnmc(tmp_path)

    assert len(cohort) == 5
    assert "2 images without a label left out" in cohort.provenance


def test_a_folder_of_something_else_shows_what_it_holds(tmp_path: Path) -> None:
    """Names that are no C-NMC names are shown beside one that is."""
    touch(tmp_path / "cat.bmp")

    with pytest.raises(InvalidInputError, match=r"UID_11_10_1_all\.bmp; found.*'cat\.bmp'"):
        read_cnmc(tmp_path)


def test_two_copies_below_one_root_are_refused(tmp_path: Path) -> None:
    """The same name in two layouts would be the same cell twice."""
    training(tmp_path / "one")
    training(tmp_path / "two")

    with pytest.raises(InvalidInputError, match="5 names are there twice"):
        read_cnmc(tmp_path)


def test_a_file_list_without_hashes(tmp_path: Path) -> None:
    """A list of paths alone is a cohort without the covariate sha256."""
    path = tmp_path / "list.csv"
    path.write_text("path\n" + "\n".join(f"x/{n}" for names in NAMES.values() for n in names))

    cohort = read_cnmc(path)

    assert len(cohort) == 5
    assert "sha256" not in cohort.covariates


@pytest.mark.skipif(not MANIFEST.is_file(), reason="the real file list is not on this machine")
def test_the_real_file_list() -> None:
    """7,272 ALL and 3,389 HEM cells of 73 patients; 104 identical pairs, 99 across patients."""
    cohort = read_cnmc(MANIFEST)
    duplicates = find_duplicates(cohort)
    pairs = duplicates.identical_pairs
    across = cohort.patients[pairs[:, 0]] != cohort.patients[pairs[:, 1]]

    assert class_counts(cohort) == {"hem": 3389, "all": 7272}
    assert cohort.n_patients == 73
    assert int((cohort.patients == "H3").sum()) == 36
    assert (len(pairs), int(across.sum())) == (104, 99)

    joined = cohort.join_patients(duplicates.patient_pairs)
    assert np.array_equal(joined.patients[pairs[:, 0]], joined.patients[pairs[:, 1]])
    assert "51+75+78" in joined.patients


def test_a_drawn_cohort_is_read_back(tmp_path: Path) -> None:
    """What `make_cells` writes has C-NMC's names, and reads as the same patients and classes."""
    drawn = make_cells(tmp_path, n_patients=4, images_per_patient=2, image_size=32)

    cohort = read_cnmc(tmp_path)

    assert sorted(cohort.images.tolist()) == sorted(drawn.images.tolist())
    assert set(cohort.patients.tolist()) == set(drawn.patients.tolist())
    assert class_counts(cohort) == class_counts(drawn)


def test_no_covariate_takes_the_name_of_a_column_of_predictions(tmp_path: Path) -> None:
    """Image and cell numbers go by the names that `make_cells` gives them too."""
    make_cells(tmp_path / "cells", n_patients=4, images_per_patient=2, image_size=32, seed=1)

    assert {"image_no", "cell_no"} <= set(read_cnmc(tmp_path / "cells").covariates)


def test_another_table_beside_the_images_is_passed_over(tmp_path: Path) -> None:
    """Only the table with the preliminary names is read as one."""
    preliminary(tmp_path / "phase2", tmp_path / "phase2.csv")
    (tmp_path / "notes.csv").write_text("image,remark\n1.bmp,blurred\n")

    cohort = read_cnmc(tmp_path, part="preliminary")
    assert cohort.patients.tolist() == ["57", "H49"]


def test_a_linked_fold_is_said_and_read_where_asked(tmp_path: Path) -> None:
    """Two of three folds in silence would be another study."""
    training(tmp_path / "c-nmc")
    (tmp_path / "c-nmc" / "fold_2").rename(tmp_path / "fold_2")
    (tmp_path / "c-nmc" / "fold_2").symlink_to(tmp_path / "fold_2")

    with pytest.warns(DataWarning, match=r"1 linked folder \('fold_2'\).*follow_links=True"):
        assert len(read_cnmc(tmp_path / "c-nmc")) == 4
    assert len(read_cnmc(tmp_path / "c-nmc", follow_links=True)) == 5


@pytest.mark.parametrize(
    ("path", "reason"),
    [("../UID_1_1_1_all.bmp", "1 lead out of it"), ("", r"rows 1 have none")],
)
def test_a_file_list_stays_below_its_folder(tmp_path: Path, path: str, reason: str) -> None:
    """As every other table's paths do; a row without a path is named."""
    table = tmp_path / "list.csv"
    table.write_text(f"path,sha256\nfold_0/UID_2_1_1_hem.bmp,ab\n{path},cd\n")

    with pytest.raises(InvalidInputError, match=reason):
        read_cnmc(table)
