"""What one image is: decoding, fingerprints, a cache of pixels."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.images.appearance import Appearance, read_appearance, read_appearances
    from prevalens.images.decoding import read_image, read_images
    from prevalens.images.dicom import dicom_patient, read_dicom
    from prevalens.images.fingerprints import (
        hash_file,
        hash_files,
        perceptual_hash,
        perceptual_hashes,
    )
    from prevalens.images.near_pairs import find_near_pairs
    from prevalens.images.opencv_decoding import read_image_opencv
    from prevalens.images.pixel_cache import PixelCache

__all__ = [
    "Appearance",
    "PixelCache",
    "dicom_patient",
    "find_near_pairs",
    "hash_file",
    "hash_files",
    "perceptual_hash",
    "perceptual_hashes",
    "read_appearance",
    "read_appearances",
    "read_dicom",
    "read_image",
    "read_image_opencv",
    "read_images",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Appearance": "appearance",
        "PixelCache": "pixel_cache",
        "dicom_patient": "dicom",
        "find_near_pairs": "near_pairs",
        "hash_file": "fingerprints",
        "hash_files": "fingerprints",
        "perceptual_hash": "fingerprints",
        "perceptual_hashes": "fingerprints",
        "read_appearance": "appearance",
        "read_appearances": "appearance",
        "read_dicom": "dicom",
        "read_image": "decoding",
        "read_image_opencv": "opencv_decoding",
        "read_images": "decoding",
    },
)
