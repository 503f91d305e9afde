"""Cut files are errors, whatever else in the process says."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from PIL import ImageFile

_LOCK = threading.Lock()
_inside = 0
_lenient: Any = False


@contextlib.contextmanager
def strictly() -> Iterator[None]:
    """Let Pillow read cut files as errors, whatever `LOAD_TRUNCATED_IMAGES` says elsewhere."""
    global _inside, _lenient  # noqa: PLW0603 (Pillow's own setting is one of the process)
    with _LOCK:
        if not _inside:
            _lenient = ImageFile.LOAD_TRUNCATED_IMAGES
        _inside += 1
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        with _LOCK:
            _inside -= 1
            if not _inside:
                ImageFile.LOAD_TRUNCATED_IMAGES = _lenient
