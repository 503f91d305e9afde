"""Small changes to files: bytes, cells of a table, values of a record, members, parts of a PNG."""

import contextlib
import copy
import csv
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prevalens.images.png_parts import parts_of

Mutate = Callable[[random.Random, bytes], bytes]

_PARTS = tuple(
    b"IHDR PLTE IDAT IEND tRNS gAMA sBIT bKGD tEXt zTXt iTXt eXIf acTL fcTL fdAT iCCP CgBI".split()
)
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
CELLS = (
    *("", " ", "NA", "nan", "None", "inf", "-inf", "1e999", "-0", "0", "1", "1.0", "007", "1,5"),
    *("95.8%", "061Y", "1.23E+11", "9" * 400, "-1", "2", "0.5", "17", "sick", "Sick ", "well"),
    *("=1+1", "@SUM(A1)", "a\nb", 'a"b', "\0", "\u2028", "\ud800", "\ufeffx", "e\u0301", "\xa0"),
    *("../a.png", "/etc/passwd", "a\\b.png", "./0.png", "http://x/y", "a.png#1", "#", "x" * 3000),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 17, 0.5, -0.0, 1e308, -1e-308, 2**53 + 1, 2**64, -(2**70)),
    *(float("nan"), float("inf"), "", "x", "\0", "\ud800", "nan", "1", "../x", "=1+1", "x" * 3000),
    *([], {}, [[]], [None], {"": None}, {"float": []}, [0.5, 0.1], [1, "a"], {"a": {"a": {}}}),
)


def of_bytes(rng: random.Random, data: bytes) -> bytes:
    """Change bytes here and there: bits, numbers in two orders, pieces out, twice, or swapped."""
    held = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        place = rng.randrange(len(held) + 1)
        length = 1 << rng.randrange(8)
        what = rng.randrange(7)
        if what == 0 and place < len(held):
            held[place] ^= 1 << rng.randrange(8)
        elif what == 1 and place < len(held):
            held[place] = rng.choice(_NUMBERS) & 0xFF
        elif what == 2:
            size, order = rng.choice("HI"), rng.choice("<>")
            number = rng.choice(_NUMBERS) & (0xFFFF if size == "H" else 0xFFFFFFFF)
            held[place : place + struct.calcsize(size)] = struct.pack(order + size, number)
        elif what == 3:
            del held[place : place + length]
        elif what == 4:
            held[place:place] = held[place : place + length]
        elif what == 5:
            held[place:place] = rng.randbytes(length)
        else:
            other = rng.randrange(len(held) + 1)
            held[place : place + length] = held[other : other + length]
    if rng.random() < 0.1:
        del held[rng.randrange(len(held) + 1) :]
    return bytes(held)


def of_table(rng: random.Random, data: bytes) -> bytes:
    """Change cells, rows, columns, the delimiter, the header and how cells are quoted."""
    rows = list(csv.reader(io.StringIO(data.decode())))
    for _ in range(rng.choice((1, 1, 2, 4))):
        what = rng.randrange(8)
        row = rng.choice(rows) if rows else []
        column = rng.randrange(max(1, max(map(len, rows), default=1)))
        if what < 3 and row:
            row[rng.randrange(len(row))] = rng.choice(CELLS)
        elif what == 3 and rows:
            for each in rows[1:]:
                each[column : column + 1] = [rng.choice(CELLS)]
        elif what == 4 and rows:
            del rows[rng.randrange(len(rows))]
        elif what == 5 and rows:
            rows.insert(rng.randrange(len(rows) + 1), list(row))
        elif what == 6:
            row.insert(rng.randrange(len(row) + 1), rng.choice(CELLS))
        else:
            for each in rows:
                each[column : column + 1] = each[column : column + 1] * rng.randrange(3)
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    ends = rng.choice(("\n", "\r\n", "\r", "\n\n"))
    csv.writer(
        out, delimiter=rng.choice(",;\t|,,"), quoting=quoting, lineterminator=ends
    ).writerows(rows)
    written = out.getvalue().encode("utf-8", "surrogatepass")
    written = rng.choice((b"", b"", b"", b"\xef\xbb\xbf", b"sep=;\n")) + written
    return of_bytes(rng, written) if rng.random() < 0.2 else written


def of_record(rng: random.Random, data: bytes) -> bytes:
    """Change values, names and places of a JSON text, by lies that are still JSON."""
    plain = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        holders = list(_holders(plain))
        if not holders:
            break
        holder = rng.choice(holders)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = rng.choice(keys)
        what = rng.randrange(6)
        if what < 3:
            holder[key] = _lie(rng, holder[key])
        elif what == 3:
            del holder[key]
        elif what == 4:
            other = rng.choice(holders)
            holder[key] = json.loads(json.dumps(other)) if len(str(other)) < 10_000 else None
        elif isinstance(holder, dict):
            holder[rng.choice(("", "x", *keys))] = _value(rng)
        else:
            holder.append(_value(rng))
    written = json.dumps(plain, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return of_bytes(rng, written) if rng.random() < 0.05 else written


def of_archive(rng: random.Random, data: bytes) -> bytes:
    """Change a member of a zip archive, its name or its presence, or the archive's own bytes."""
    if rng.random() < 0.4:
        return of_bytes(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    place = rng.randrange(len(members))
    name, held = members[place]
    what = rng.randrange(5)
    if what < 3:
        members[place] = (name, (of_record if name.endswith(".json") else of_bytes)(rng, held))
    elif what == 3:
        members[place] = (rng.choice(("x", "../x.npy", "0.npy", name * 2)), held)
    else:
        del members[place]
    out = io.BytesIO()
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(out, "w", kind) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return out.getvalue()


def of_parts(rng: random.Random, data: bytes) -> bytes:
    """Change the parts of a PNG file, or the pixels packed in them; its checksums are right."""
    parts = [list(part) for part in parts_of(data)]
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(len(parts))
        kind, body = parts[place]
        what = rng.randrange(7)
        if what == 0:
            parts[place][1] = of_bytes(rng, body)
        elif what == 1 and len(parts) > 1:
            del parts[place]
        elif what == 2:
            new = [rng.choice(_PARTS), rng.choice((b"", rng.randbytes(rng.randrange(40)), body))]
            parts.insert(rng.randrange(len(parts) + 1), new)
        elif what == 3:
            parts[place][0] = rng.choice(_PARTS)
        elif what == 4 and kind == b"IHDR":
            number = rng.choice((0, 1, 2, 3, 4, 6, 7, 8, 9, 16, 255))
            changed = bytearray(body or b"\0")
            changed[rng.randrange(len(changed))] = number
            parts[place][1] = bytes(changed)
        elif what == 5:
            cut = rng.randrange(len(body) + 1)
            parts[place : place + 1] = [[kind, body[:cut]], [kind, body[cut:]]]
        elif kind == b"IDAT":
            with contextlib.suppress(zlib.error):
                parts[place][1] = zlib.compress(of_bytes(rng, zlib.decompress(body)))
    written = [struct.pack(">I", len(body)) + kind + body for kind, body in parts]
    sums = [struct.pack(">I", zlib.crc32(part[4:])) for part in written]
    return data[:8] + b"".join(map(bytes.__add__, written, sums)) + rng.choice((b"", b"", b"more"))


def _holders(plain: Any) -> Iterator[Any]:
    if isinstance(plain, dict | list) and plain:
        yield plain
        for each in plain.values() if isinstance(plain, dict) else plain[:50]:
            yield from _holders(each)


def _lie(rng: random.Random, value: Any) -> Any:
    """Return another value, often of the same kind: what a strict type lets through."""
    if isinstance(value, bool) or rng.random() < 0.4:
        return _value(rng)
    if isinstance(value, int | float):
        return rng.choice((-value, value + 1, value * 17, value / 3, 0, 1e300, -1, value * 1e-300))
    if isinstance(value, str):
        cells: Sequence[str] = (value[:-1], value + " ", value.upper(), value * 2, *CELLS)
        return rng.choice(cells)
    return _value(rng)


def _value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(VALUES))
