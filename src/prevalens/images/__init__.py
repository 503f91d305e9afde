"""What one image is: decoding, fingerprints, a cache of pixels."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.images.decoding import read_image, read_images
    from prevalens.images.dicom import dicom_patient, read_dicom
    from prevalens.images.fingerprints import hash_file, hash_files
    from prevalens.images.opencv_decoding import read_image_opencv
    from prevalens.images.pixel_cache import PixelCache

__all__ = [
    "PixelCache",
    "dicom_patient",
    "hash_file",
    "hash_files",
    "read_dicom",
    "read_image",
    "read_image_opencv",
    "read_images",
]

__getattr__ = lazy_names(
    __name__,
    {
        "PixelCache": "pixel_cache",
        "dicom_patient": "dicom",
        "hash_file": "fingerprints",
        "hash_files": "fingerprints",
        "read_dicom": "dicom",
        "read_image": "decoding",
        "read_image_opencv": "opencv_decoding",
        "read_images": "decoding",
    },
)
