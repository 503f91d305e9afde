"""Grey pixels of DICOM: from stored values to what is shown, by every place that defines it.

DICOM PS3.3: stored bits (C.7.6.3.1), modality table or rescaling (C.11.1), window or table of
interest (C.11.2), presentation (C.11.6). In enhanced objects rescaling and windows stand in
functional groups, of the frame or shared by all (C.7.6.16).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prevalens._optional import require
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.windows import PRESETS, GreyWindow, to_bytes

Values: TypeAlias = NDArray[Any]
Shown: TypeAlias = NDArray[np.uint8]
_CT = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
# Of 12 stored bits, what scanners give: one grey for one Hounsfield unit, however it is stored.
_HOUNSFIELD = (-1024.0, 3071.0)


class GreyMeaning:
    """How one frame's stored values become grey.

    Args:
        header: The data set.
        address: Its name, for messages.
        frame: Number of the frame, from 0.
        bits: Bits the stored values use where there is no window; by default `BitsStored`.
    """

    def __init__(
        self, header: Any, address: str, *, frame: int = 0, bits: int | None = None
    ) -> None:
        self._header = header
        self._address = address
        self._rescaling = _group(header, frame, "PixelValueTransformationSequence")
        self._interest = _group(header, frame, "FrameVOILUTSequence")
        self._bits = bits
        shape = str(header.get("PresentationLUTShape") or "")
        space = str(header.get("PhotometricInterpretation"))
        self.is_inverted = space == "MONOCHROME1" or shape == "INVERSE"

    @property
    def is_hounsfield(self) -> bool:
        """Whether rescaled values are Hounsfield units."""
        if self._header.get("ModalityLUTSequence") or "RescaleSlope" not in self._rescaling:
            return False
        kind = str(self._rescaling.get("RescaleType") or "").upper()
        meta = getattr(self._header, "file_meta", {})
        classes = {str(self._header.get("SOPClassUID")), str(meta.get("MediaStorageSOPClassUID"))}
        is_ct = str(self._header.get("Modality")) == "CT" or bool(classes & set(_CT))
        return kind == "HU" or (is_ct and kind in {"", "HU"})

    @property
    def _is_floating(self) -> bool:
        return "FloatPixelData" in self._header or "DoubleFloatPixelData" in self._header

    def rescaled(self, stored: Values) -> Values:
        """Return values in the modality's unit, as Hounsfield's."""
        if self._header.get("ModalityLUTSequence"):
            pixels = require("pydicom.pixels", extra="dicom")
            changed: Values = pixels.apply_modality_lut(stored, self._header)
            return changed
        slope, intercept = self._slope()
        return stored if (slope, intercept) == (1.0, 0.0) else stored * slope + intercept

    def shown_by(
        self, asked: Sequence[tuple[float, float] | str]
    ) -> list[Callable[[Values], Shown]]:
        """Return what makes grey of rescaled values: one for each window asked for.

        Args:
            asked: Windows; where there is none, the file's own or the range of its values.
        """
        if asked:
            return [self._finished(self._named(each).shown) for each in asked]
        if self._interest.get("VOILUTSequence"):
            return [self._finished(self._by_table(0))]
        own = [window for _, window in self._own_windows() if window.is_usable]
        if own:
            return [self._finished(own[0].shown)]
        low, high = self.value_range()
        return [self._finished(lambda values: to_bytes(values, low, high))]

    def value_range(self) -> tuple[float, float]:
        """Return the lowest and highest value that rescaling can give, the lower first."""
        if self._header.get("ModalityLUTSequence"):
            table = self._header.ModalityLUTSequence[0]
            return 0.0, 2.0 ** int(table.LUTDescriptor[2]) - 1.0
        if self._is_floating:
            raise UnreadableImageError(
                f"{self._address} holds floating-point pixels and no window. State one: "
                "window=(centre, width)."
            )
        if self.is_hounsfield and self._bits is None:
            return _HOUNSFIELD
        bits = self._bits or int(self._header.BitsStored)
        low, high = 0.0, 2.0**bits - 1.0
        if int(self._header.PixelRepresentation) == 1:
            low, high = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1.0
        slope, intercept = self._slope()
        # A negative slope turns the two round: what is stored as low is then shown as high.
        first, second = sorted((low * slope + intercept, high * slope + intercept))
        return first, second

    def _slope(self) -> tuple[float, float]:
        slope = _number(self._rescaling, "RescaleSlope", 1.0)
        intercept = _number(self._rescaling, "RescaleIntercept", 0.0)
        if not math.isfinite(slope) or not math.isfinite(intercept) or slope == 0.0:
            raise UnreadableImageError(
                f"{self._address} has the rescale slope {slope} and intercept {intercept}, which "
                "leave no picture. Mend its header, or leave it out."
            )
        return slope, intercept

    def _finished(self, change: Callable[[Values], Shown]) -> Callable[[Values], Shown]:
        if not self.is_inverted:
            return change
        return lambda values: np.subtract(255, change(values), dtype=np.uint8)

    def _own_windows(self) -> list[tuple[str, GreyWindow]]:
        function = str(self._interest.get("VOILUTFunction") or "LINEAR").upper()
        centres = _several(self._interest.get("WindowCenter"))
        widths = _several(self._interest.get("WindowWidth"))
        names = _several(self._interest.get("WindowCenterWidthExplanation"))
        names += [""] * len(centres)
        if function not in {"LINEAR", "LINEAR_EXACT", "SIGMOID"}:
            raise UnreadableImageError(
                f"{self._address} has the window function {function!r}, which DICOM does not know. "
                "State a window: window=(centre, width)."
            )
        return [
            (str(name).strip(), GreyWindow(float(centre), float(width), function))
            for name, centre, width in zip(names, centres, widths, strict=False)
        ]

    def _named(self, asked: tuple[float, float] | str) -> Any:
        if not isinstance(asked, str):
            # LINEAR counts whole numbers: of 0 to 1, (0.5, 1) would be black and white alone.
            return GreyWindow(*asked, "LINEAR_EXACT" if self._is_floating else "LINEAR")
        if self.is_hounsfield and asked.casefold() in PRESETS:
            return GreyWindow(*PRESETS[asked.casefold()])
        own = [(name, window) for name, window in self._own_windows() if window.is_usable]
        for name, window in own:
            if name.casefold() == asked.casefold():
                return window
        tables = self._interest.get("VOILUTSequence") or []
        explained = [str(table.get("LUTExplanation") or "").strip() for table in tables]
        for index, name in enumerate(explained):
            if name.casefold() == asked.casefold():
                return _Table(self._by_table(index))
        there = sorted({name for name in [*explained, *(name for name, _ in own)] if name})
        of_ct = "its values are Hounsfield units, which know" if self.is_hounsfield else "CT knows"
        raise InvalidInputError(
            f"{self._address} has no window named {asked!r}; its own are {there}, and {of_ct} "
            f"{sorted(PRESETS)}. Give one of these, or (centre, width)."
        )

    def _by_table(self, index: int) -> Callable[[Values], Shown]:
        table = self._interest.VOILUTSequence[index]
        count, first, bits = map(int, table.LUTDescriptor)
        high = 2.0**bits - 1.0
        if first > 32767 and first > self.value_range()[1]:
            # Without a stated kind the first value is read by that of the stored pixels, and a
            # table that seems to begin above all values is one that begins below 0.
            table.add_new("LUTDescriptor", "SS", [count, first - 65536, bits])
        apply = require("pydicom.pixels", extra="dicom").apply_voi
        place = self._interest
        # Tables count from a whole number: rescaled values are rounded to look them up.
        return lambda values: to_bytes(
            apply(np.rint(values).astype(np.int64), place, index), 0.0, high
        )


class _Table:
    def __init__(self, change: Callable[[Values], Shown]) -> None:
        self.shown = change


def _group(header: Any, frame: int, sequence: str) -> Any:
    """Return where a frame's settings stand: its own group, the shared one, or the header."""
    own = header.get("PerFrameFunctionalGroupsSequence") or []
    shared = header.get("SharedFunctionalGroupsSequence") or []
    for place in (*own[frame : frame + 1], *shared[:1]):
        if place.get(sequence):
            return place[sequence].value[0]
    return header


def _number(place: Any, keyword: str, default: float) -> float:
    value = place.get(keyword)
    return default if value is None or value == "" else float(value)


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str | int | float) else list(value)
