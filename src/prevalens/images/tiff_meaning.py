"""Which pixel layouts of TIFF have one meaning; the others are refused whatever they hold."""

from prevalens.exceptions import UnreadableImageError
from prevalens.images.grey_range import refuse_kind
from prevalens.images.tiff_pages import TiffPage

_LOW_IS_WHITE, _GREY, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_NAMES = {
    4: "a mask",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a colour filter array",
    32844: "CIE Log L",
    32845: "CIE Log Luv",
    34892: "linear raw",
}
_KINDS = {2: "signed", 3: "floating-point", 5: "complex", 6: "complex"}
_JPEG = 7


def refuse_unclear(address: str, page: TiffPage) -> None:
    """Refuse a page whose values could be taken in more than one way, or that Pillow takes wrong.

    Raises:
        UnreadableImageError: the text names the layout and what to convert to.
    """
    for kind in sorted(page.kinds - {1, 4}):
        raise refuse_kind(address, f"{max(page.bits, default=0)}-bit {_KINDS.get(kind, 'unknown')}")
    bits = set(page.bits)
    if bits & {24, 32, 64}:
        raise refuse_kind(address, f"{max(bits)}-bit")
    if len(bits) != 1 or not _is_clear(page, bits.pop()):
        raise _unclear(address, page)
    if page.photometric == _PALETTE and page.colours and max(page.colours) < 256:
        # Of 16 bits by TIFF 6.0; some writers fill 8, and readers then differ.
        raise UnreadableImageError(
            f"{address} has a palette of values below 256 of 65535, which is black to one reader "
            "and coloured to another. Convert it to PNG."
        )


def _is_clear(page: TiffPage, bits: int) -> bool:
    meaning, channels = page.photometric, len(page.bits)
    if page.is_planar and channels > 1 and bits != 8:
        return False
    if page.is_big_endian and (page.is_big or (meaning == _LOW_IS_WHITE and bits == 16)):
        return False  # Pillow knows neither
    if meaning in {_LOW_IS_WHITE, _GREY}:
        grey = {1, 2, 4, 8, 16} if meaning == _LOW_IS_WHITE else {1, 2, 4, 8, 12, 16}
        if channels == 1:
            return bits in grey
        # Of transparency that lies behind the grey, Pillow makes black.
        return bits == 8 and meaning == _GREY and not page.is_planar
    if meaning == _RGB:
        return bits in {8, 16} and channels >= 3
    if meaning == _PALETTE:
        return bits in {1, 2, 4, 8}
    if meaning == _CMYK:
        return bits in {8, 16} and channels >= 4
    # Packed otherwise, colour differences are halved or not by a tag that readers overlook.
    return meaning == _YCBCR and bits == 8 and channels == 3 and page.compression == _JPEG


def _unclear(address: str, page: TiffPage) -> UnreadableImageError:
    names = {_LOW_IS_WHITE: "grey", _GREY: "grey", _RGB: "RGB", _PALETTE: "a palette"}
    names |= {_CMYK: "CMYK", _YCBCR: "YCbCr", **_NAMES}
    meaning = names.get(page.photometric, f"photometric {page.photometric}")
    bits = "+".join(map(str, page.bits[:6]))
    planes = ", channel by channel" if page.is_planar and len(page.bits) > 1 else ""
    planes += ", the higher byte first" if page.is_big_endian else ""
    return UnreadableImageError(
        f"{address} stores {meaning} of {bits} bits{planes}, a TIFF that cannot be read for "
        "certain. Convert it to PNG, or to TIFF in grey or interleaved RGB of 8 or 16 bits."
    )
