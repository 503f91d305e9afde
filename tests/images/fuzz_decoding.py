"""Arbitrary bytes into the decoders: an error that names the file, or an image; nothing else.

    python tests/images/fuzz_decoding.py [FOLDER] [libFuzzer's options]

Needs atheris and pydicom. Starts from small files of every kind and the files of FOLDER, if one
is given, and mutates them until it is stopped, or for `-max_total_time=SECONDS`. A crash, a hang
of 20 seconds or more than 1 GB of memory ends it and leaves the bytes in a file named `crash-*`,
`timeout-*` or `oom-*`; `nox -s fuzz` runs it for five minutes.
"""

import io
import itertools
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).parents[1]))
from image_files import small_files

with atheris.instrument_imports(include=["prevalens.images", "PIL"]):
    from prevalens.exceptions import InvalidInputError
    from prevalens.images import FileReader, read_image

CALLS: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
    (read_image, {}),
    (read_image, {"size": (5, 9), "channels": 1}),
    (read_image, {"reader": FileReader(decoder="opencv")}),
    (read_image, {"reader": FileReader(decoder="opencv", window="lung", bits=12), "size": 7}),
)


def main() -> None:
    """Fuzz until told to stop."""
    arguments = list(sys.argv)
    folder = Path(arguments.pop(1)) if len(arguments) > 1 and arguments[1][0] != "-" else None
    with tempfile.TemporaryDirectory() as temporary:
        corpus, target = Path(temporary, "corpus"), Path(temporary, "image")
        corpus.mkdir()
        real = (each.read_bytes() for each in sorted(folder.iterdir())[:40]) if folder else ()
        for number, data in enumerate(itertools.chain(small_files(), [dicom_file()], real)):
            (corpus / f"{number:03d}").write_bytes(data)

        def try_one(data: bytes) -> None:
            target.write_bytes(data)
            for call, settings in CALLS:
                try:
                    pixels = call(target, **settings)
                except InvalidInputError as error:
                    assert str(target) in str(error), error  # noqa: PT017
                else:
                    assert pixels.dtype == np.uint8
                    assert pixels.ndim == 3
                    assert pixels.shape[2] in {1, 3}

        # Without the last, large files are hardly touched in the first hours.
        limits = ["-rss_limit_mb=1024", "-malloc_limit_mb=1024", "-timeout=20", "-len_control=0"]
        atheris.Setup([arguments[0], str(corpus), *limits, *arguments[1:]], try_one)
        atheris.Fuzz()


def dicom_file() -> bytes:
    """Return a DICOM file of 3x2 pixels of 16 bits."""
    data = pydicom.dataset.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    data.SOPClassUID, data.SOPInstanceUID = pydicom.uid.SecondaryCaptureImageStorage, "1.2.3"
    data.Rows, data.Columns, data.SamplesPerPixel = 2, 3, 1
    data.PhotometricInterpretation, data.PixelRepresentation = "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.WindowCenter, data.WindowWidth = 900, 700
    data.PixelData = bytes(range(12))
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
