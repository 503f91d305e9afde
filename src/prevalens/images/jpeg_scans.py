"""Whether a progressive JPEG holds all of its scans: one that was cut and closed is coarse."""

import re

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # of no data and no restart
_PROGRESSIVE, _SCAN, _END = 0xC2, 0xDA, 0xD9
_OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {_PROGRESSIVE, 0xC4, 0xC8, 0xCC}


def lacks_scans(data: bytes) -> bool:
    r"""Return whether a progressive JPEG ends before each coefficient has its last bit.

    A progressive file refines all of the picture from scan to scan (ITU-T T.81, G.1.1.1), so one
    that lost its last scans and was closed by an end marker decodes without an error. What is
    lost within the last scan is not seen: the later a file is cut, the more often it is missed. No
    other kind of file is looked at.

    Args:
        data: The bytes of a file.

    Examples:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.linear_gradient("L").save(file, "JPEG", progressive=True)
        >>> whole = file.getvalue()
        >>> lacks_scans(whole), lacks_scans(whole[: whole.rindex(b"\xff\xda")] + b"\xff\xd9")
        (False, True)
    """
    lowest: dict[int, list[int]] = {}  # bits that each coefficient of a component still lacks
    place = 2 if data[:2] == b"\xff\xd8" else len(data)
    while (found := _MARKER.search(data, place)) and (kind := data[found.end() - 1]) != _END:
        place = found.end()
        body = data[place + 2 : place + int.from_bytes(data[place : place + 2], "big")]
        place += 2 + len(body)
        if kind in _OTHER_FRAMES:
            return False
        if kind == _PROGRESSIVE:
            lowest = {component: [13] * 64 for component in body[6::3]}
        elif kind == _SCAN and len(body) >= 6:
            first, last, bits = body[-3:]
            for component in body[1:-3:2]:
                n_given = min(last, 63) + 1 - first
                lowest.get(component, [0] * 64)[first : last + 1] = [bits & 15] * n_given
    return any(map(any, lowest.values()))
