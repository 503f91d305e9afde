"""The patients of a synthetic study: counts, names, and what carries the class."""

import numpy as np
import pytest

from prevalens.cohorts.drawn_patients import DrawnPatient, draw_cell, draw_patients


def study(**settings: float) -> list[DrawnPatient]:
    """Draw the patients of a study of 40, half of them ill."""
    options = {
        "n_patients": 40, "n_positive": 20, "n_images": 800,
        "positive_share": 0.68, "effect": 1.0, "seed": 2,
    }  # fmt: skip
    return draw_patients(**{**options, **settings})  # type: ignore[arg-type]


def test_images_add_up() -> None:
    """All images: 800; of the ill: 68 % of them, 544; each patient gives at least one."""
    patients = study()

    assert sum(p.n_images for p in patients) == 800
    assert sum(p.n_images for p in patients if p.positive) == 544
    assert min(p.n_images for p in patients) >= 1


def test_one_image_each_is_possible() -> None:
    """With as many images as patients each gives one, whatever share was asked for."""
    patients = study(n_images=40)

    assert [p.n_images for p in patients] == [1] * 40


def test_names_are_unique_and_healthy_ones_begin_with_h() -> None:
    """Ids overlap once the H is stripped, as in C-NMC 2019."""
    patients = study()

    assert len({p.name for p in patients}) == 40
    assert all(p.name.startswith("H") != p.positive for p in patients)
    assert {p.name.lstrip("H") for p in patients} == {str(k) for k in range(1, 21)}


@pytest.mark.parametrize("trait", ["nucleus_diameter", "nuclear_share", "nucleoli", "irregularity"])
def test_a_lymphoblast_has_more_of_each_trait_with_overlap(trait: str) -> None:
    """Over many cells the means differ by class, yet the ranges overlap widely."""
    ill, well = (
        np.array([getattr(draw_cell(p, k, seed=2)[0], trait) for p in group for k in range(25)])
        for group in ([q for q in study() if q.positive], [q for q in study() if not q.positive])
    )
    pooled = np.sqrt((ill.var() + well.var()) / 2)

    assert 0.3 < (ill.mean() - well.mean()) / pooled < 1.8
    assert np.quantile(well, 0.9) > np.quantile(ill, 0.2)


def test_lymphoblasts_have_the_finer_chromatin() -> None:
    """Clumping goes the other way: dense blocks mark the mature lymphocyte."""
    means = {
        positive: np.mean(
            [draw_cell(p, k, seed=2)[0].clumping for p in study() if p.positive == positive
             for k in range(25)]
        )
        for positive in (True, False)
    }  # fmt: skip

    assert means[False] - means[True] > 0.1


def test_without_effect_the_classes_are_alike() -> None:
    """`effect=0` leaves each trait's mean the same in both classes, within its standard error."""
    patients = study(effect=0, n_patients=400, n_positive=200)
    means = np.array([p.means for p in patients])
    ill = np.array([p.positive for p in patients])
    error = 0.45 * np.sqrt(2 / 200)

    assert np.abs(means[ill].mean(axis=0) - means[~ill].mean(axis=0)).max() < 4 * error


def test_the_smear_varies_by_patient_and_little_within() -> None:
    """Stain and magnification are the patient's own; exposure jitters by field."""
    first, second = study()[:2]
    smears = [draw_cell(first, k, seed=2)[1] for k in range(8)]

    assert first.smear.nuclear_stain != second.smear.nuclear_stain
    assert {s.nuclear_stain for s in smears} == {first.smear.nuclear_stain}
    assert {s.magnification for s in smears} == {first.smear.magnification}
    assert len({s.light for s in smears}) == 2
