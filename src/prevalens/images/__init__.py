"""What one image is: decoding, fingerprints, a cache of pixels."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.images.appearance import Appearance, read_appearance, read_appearances
    from prevalens.images.decoding import read_image, read_images
    from prevalens.images.dicom_file import dicom_patient, is_dicom
    from prevalens.images.fingerprints import hash_files, perceptual_hash, perceptual_hashes
    from prevalens.images.near_pairs import find_near_pairs
    from prevalens.images.odd_pictures import OddPictures, find_odd_pictures
    from prevalens.images.opening import hash_file
    from prevalens.images.pixel_cache import PixelCache
    from prevalens.images.readers.arrays import ArrayReader
    from prevalens.images.readers.dicom import DicomReader, read_dicom
    from prevalens.images.readers.files import FileReader
    from prevalens.images.readers.opencv import OpencvReader
    from prevalens.images.readers.pillow import PillowReader
    from prevalens.images.readers.reader import Reader
    from prevalens.images.resizing import resizer_name

__all__ = [
    "Appearance",
    "ArrayReader",
    "DicomReader",
    "FileReader",
    "OddPictures",
    "OpencvReader",
    "PillowReader",
    "PixelCache",
    "Reader",
    "dicom_patient",
    "find_near_pairs",
    "find_odd_pictures",
    "hash_file",
    "hash_files",
    "is_dicom",
    "perceptual_hash",
    "perceptual_hashes",
    "read_appearance",
    "read_appearances",
    "read_dicom",
    "read_image",
    "read_images",
    "resizer_name",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Appearance": "appearance",
        "ArrayReader": "readers.arrays",
        "DicomReader": "readers.dicom",
        "FileReader": "readers.files",
        "OddPictures": "odd_pictures",
        "OpencvReader": "readers.opencv",
        "PillowReader": "readers.pillow",
        "PixelCache": "pixel_cache",
        "Reader": "readers.reader",
        "dicom_patient": "dicom_file",
        "find_near_pairs": "near_pairs",
        "find_odd_pictures": "odd_pictures",
        "hash_file": "opening",
        "hash_files": "fingerprints",
        "is_dicom": "dicom_file",
        "perceptual_hash": "fingerprints",
        "perceptual_hashes": "fingerprints",
        "read_appearance": "appearance",
        "read_appearances": "appearance",
        "read_dicom": "readers.dicom",
        "read_image": "decoding",
        "read_images": "decoding",
        "resizer_name": "resizing",
    },
)
