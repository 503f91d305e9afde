"""
Did a patient leak?
===================

A split that keeps patient ids apart can still put one patient on both sides: the same image filed
under two ids, or a copy saved at half the size. This example plants both in a drawn cohort, finds
them from the files, joins the patients, and splits again.
"""

# %%
# A cohort with a history
# -----------------------
# Thirty patients. Then someone re-files: one image is copied byte by byte to another patient, and
# one is saved again at half the size as a JPEG.
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from prevalens.cohorts import Cohort, find_duplicates, make_cells
from prevalens.images import read_image
from prevalens.splits import PatientHoldout, audit_leakage


def first_row(cohort: Cohort, patient: str) -> int:
    """Return the first row of a patient."""
    return int(np.flatnonzero(cohort.patients == patient)[0])


folder = Path(tempfile.mkdtemp()) / "cells"
cohort = make_cells(folder, n_patients=30, images_per_patient=6, image_size=96, seed=3)
sick = np.unique(cohort.patients[cohort.is_positive])
well = np.unique(cohort.patients[~cohort.is_positive])

shutil.copy(cohort.path(first_row(cohort, sick[0])), cohort.path(first_row(cohort, sick[1])))

images = cohort.images.tolist()
row = first_row(cohort, well[1])
images[row] = images[row].replace(".bmp", ".jpg")
with Image.open(cohort.path(first_row(cohort, well[0]))) as picture:
    picture.resize((48, 48)).save(folder / images[row], quality=80)
cohort = replace(cohort, images=np.array(images))

# %%
# A split by patient id
# ---------------------
# No id is on both sides, so a check of ids would pass. The audit reads the files.
partition = PatientHoldout(validation=0.2, test=0.3, seed=3).partition(cohort)
print(audit_leakage(cohort, partition))

# %%
# Join the ids that share an image
# --------------------------------
# One patient under two ids becomes one patient, such as `1+10`, and stays whole from here on.
duplicates = find_duplicates(cohort, near=True)
for one, other in duplicates.patient_pairs:
    print(f"{one} and {other} share an image")
pairs = np.concatenate([duplicates.identical_pairs, duplicates.near_pairs])
figure, axes = plt.subplots(2, 2, figsize=(5, 5.4), layout="constrained")
for axis, row in zip(axes.flat, pairs.flat, strict=True):
    axis.imshow(read_image(cohort.path(row)))
    axis.set_title(f"patient {cohort.patients[row]}", fontsize=9)
    axis.axis("off")
plt.show()

# %%
joined = cohort.join_patients(duplicates.patient_pairs)
print(f"{cohort.n_patients} patient ids, {joined.n_patients} patients")

# %%
# Split again
# -----------
again = PatientHoldout(validation=0.2, test=0.3, seed=3).partition(joined)
print(audit_leakage(joined, again))
