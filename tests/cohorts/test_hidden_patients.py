"""Columns that name patients although images are said to be independent."""

import numpy as np
import pytest

from prevalens._columns import as_texts
from prevalens.cohorts import Cohort
from prevalens.cohorts.hidden_patients import refuse_hidden_patients, warn_of_hidden_ids
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.predictions import Predictions


def test_ids_that_repeat_are_not_called_independent() -> None:
    """A column of repeated patient ids, as numbers too; a patient's age is none."""
    ids = as_texts(f"p{k // 2}" for k in range(20))

    with pytest.raises(InvalidInputError, match="'patient_id' repeats ids: 'p0'"):
        refuse_hidden_patients({"patient_id": ids})
    with pytest.raises(InvalidInputError, match=r"'Subject' repeats ids: 0\.0"):
        refuse_hidden_patients({"Subject": np.arange(20.0) // 2})
    refuse_hidden_patients({"patient_age": ids, "site": ids, "subject": ids[::2]})


IDS = {
    "NIH": ("{p:08d}_{k:03d}.png", "00000001"),
    "malaria": ("Uninfected/C{p}P3thinF_IMG_20150619_114756a_cell_{k}.png", "C1P3thinF"),
    "C-NMC": ("UID_H{p}_{k}_1_all.bmp", "H1"),
    "CheXpert": ("train/patient{p:05d}/study1/view{k}_frontal.jpg", "patient00001"),
    "BIDS": ("sub-{p:02d}/ses-1/{k}.png", "sub-01"),
    "folders": ("sick/p{p}/{k}.png", "p1"),
    "BreaKHis": ("SOB_B_A-14-{p}AB-40-{k:03d}.png", "1AB"),
    "Kermany": ("PNEUMONIA/person{p}_bacteria_{k}.jpeg", "person1"),
    "copies": ("{p:04d}_aug{k}.png", "0001"),
}
NO_IDS = {
    "numbers": "{i:05d}.png",
    "numbers of each class": "{c}/{p}.png",
    "classes and numbers": "{c}_{p}.png",
    "a word and a number": "ISIC_{i:07d}.jpg",
    "days": "2023-01-{d:02d}_{i}.png",
    "days and times": "202301{d:02d}T1233{d:02d}_{i}.png",
    "folds": "fold_{d}/img_{i}.png",
    "archives": "images_{d:03d}/{i}.png",
    "rows of a file": "path.npz#train/{i}",
    "places": "patch_{i}_{i}.png",
    "several kinds": "{p}_{k}.png|x{i}.png",
}


@pytest.mark.parametrize(("form", "shown"), IDS.values(), ids=IDS)
def test_file_names_that_share_ids_are_said_aloud(form: str, shown: str) -> None:
    """Twenty patients of three images each, whichever way into the library."""
    names = [form.format(p=p, k=k) for p in range(1, 21) for k in range(3)]
    told = rf"ids: 20 in 60 images, such as {shown!r} \(3 images.*pattern with the place of"

    with pytest.warns(DataWarning, match=told):
        Cohort(images=names, labels=["a", "b"] * 30, patients=None, positive="a")
    with pytest.warns(DataWarning, match=told):
        Predictions(labels=[0, 1] * 30, scores=[0.5] * 60, patients=None, images=names)
    Cohort(images=names, labels=["a", "b"] * 30, patients=range(60), positive="a")


@pytest.mark.parametrize("form", NO_IDS.values(), ids=NO_IDS)
def test_names_that_tell_no_patient_are_no_alarm(form: str) -> None:
    """A number a file, days, folders of a download: no warning, which would be an error here."""
    forms = form.split("|")
    warn_of_hidden_ids(
        [
            forms[i % len(forms)].format(i=i, p=i // 2, k=i % 2, c="ab"[i % 2], d=1 + i % 12)
            for i in range(60)
        ]
    )


def test_both_eyes_of_a_patient_are_no_two_patients() -> None:
    """EyePACS: 10_left.jpeg and 10_right.jpeg."""
    with pytest.warns(DataWarning, match=r"30 in 60 images, such as '0' \(2 images"):
        warn_of_hidden_ids([f"{k // 2}_{'left' if k % 2 else 'right'}.jpeg" for k in range(60)])
