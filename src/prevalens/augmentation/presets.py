"""Policies by modality, each with its reference; pure.

Strengths were looked at on real cells and X-rays: each picture is one that a laboratory could
have made of the same specimen.
"""

from prevalens.augmentation.operations.blur import Blur
from prevalens.augmentation.operations.dust import Dust
from prevalens.augmentation.operations.elastic import Elastic
from prevalens.augmentation.operations.exposure import Exposure
from prevalens.augmentation.operations.flip import Flip
from prevalens.augmentation.operations.gamma import Gamma
from prevalens.augmentation.operations.illumination import Illumination
from prevalens.augmentation.operations.noise import Noise
from prevalens.augmentation.operations.quarter_turn import QuarterTurn
from prevalens.augmentation.operations.rotation import Rotation
from prevalens.augmentation.operations.shear import Shear
from prevalens.augmentation.operations.shift import Shift
from prevalens.augmentation.operations.stain import Stain
from prevalens.augmentation.operations.white_balance import WhiteBalance
from prevalens.augmentation.operations.zoom import Zoom
from prevalens.augmentation.policy import AugmentationPolicy

# Their names, in the order in which a list of them reads well.
PRESETS = ("flip_rotate_shift", "blood_smear", "histology", "chest_xray")


def flip_rotate_shift() -> AugmentationPolicy:
    """Return flips, rotations up to 20 degrees and shifts up to a tenth, for any picture."""
    return AugmentationPolicy(
        [Flip(), Rotation(degrees=20), Shift(fraction=0.1)],
        fill="reflect",
        name="flip_rotate_shift",
        reference="Rotation, flipping and shifting as in the study design of this library's "
        "reference example, the C-NMC 2019 classifier.",
    )


def blood_smear(*, cut_out: bool = False) -> AugmentationPolicy:
    """Cells on a blood or marrow smear under Romanowsky stain: any orientation, soft, dyed.

    Args:
        cut_out: Whether the cells were cut out onto black, as in C-NMC 2019: then black is what
            lies beyond the edge, and no read noise is laid over it.
    """
    return AugmentationPolicy(
        [
            Flip(),
            Rotation(degrees=180),
            Shift(fraction=0.05),
            Zoom(factor=1.1),
            Elastic(fraction=0.02, probability=0.5),
            Stain(basis="romanowsky", scale=0.25, offset=0.02),
            WhiteBalance(factor=1.04),
            Exposure(factor=1.08),
            Illumination(gradient=(0, 0.1), vignette=(0, 0.1)),
            Dust(probability=0.1),
            Blur(defocus=(0.5, 1.5), motion=(0, 2), probability=0.2),
            Noise(shot=(0, 4), read=0 if cut_out else (0, 2)),
        ],
        fill="constant" if cut_out else "reflect",
        name="blood_smear",
        reference="Stain in optical density after Tellez et al., IEEE TMI 2018, with a basis by "
        "Macenko et al., ISBI 2009; orientation and optics after Matek et al., Nature Machine "
        "Intelligence 2019 (human-level recognition of blast cells).",
    )


def histology() -> AugmentationPolicy:
    """H&E-stained tissue: the four orientations and their mirrors, stain, blur and noise."""
    return AugmentationPolicy(
        [
            Flip(),
            QuarterTurn(),
            Zoom(factor=1.1),
            Elastic(fraction=0.01, probability=0.5),
            Stain(basis="h_and_e", scale=0.25, offset=0.03),
            WhiteBalance(factor=1.03),
            Exposure(factor=1.08),
            Blur(defocus=(0.5, 1.5), probability=0.2),
            Noise(shot=(0, 3), read=(0, 2)),
        ],
        fill="reflect",
        name="histology",
        reference="Tellez et al., Quantifying the effects of data augmentation and stain color "
        "normalization in convolutional neural networks for computational pathology, Medical "
        "Image Analysis 2019.",
    )


def chest_xray() -> AugmentationPolicy:
    """Chest X-rays: small movements, exposure and noise; no flip, which would move the heart."""
    return AugmentationPolicy(
        [
            Rotation(degrees=7),
            Shift(fraction=0.05),
            Zoom(factor=1.1),
            Shear(degrees=3),
            Gamma(factor=1.2),
            Exposure(factor=1.06),
            Blur(defocus=(0.3, 1.0), probability=0.2),
            Noise(shot=(0, 3), read=(0, 2)),
        ],
        fill="constant",
        name="chest_xray",
        reference="Small rotations, shifts and zooms without mirroring after Cohen et al., On the "
        "limits of cross-domain generalization in automated X-ray prediction, MIDL 2020.",
    )
