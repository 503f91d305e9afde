"""Tables: files of any delimiter, frames of any library, and what is refused."""

import csv
import math
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens._cells import MISSING
from prevalens._columns import encode
from prevalens._tables import find_column, read_all_columns, read_columns, write_columns
from prevalens.exceptions import InvalidInputError

_STARTS = ("=", "+", "-", "@", "\uff1d", "'=", "'", "''-", "= ", "-5", "-5 ", "+1e3", "-5%", "a")


@given(
    st.lists(
        st.tuples(st.sampled_from(_STARTS), st.text("ab1=+-@'(), ", max_size=6)).map("".join),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(("name", "=name", "'@name", "-1")),
)
def test_no_cell_is_run_by_a_spreadsheet_and_each_comes_back(cells: list[str], name: str) -> None:
    """Texts that begin as formulas have an apostrophe in front in the file, and nowhere else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        write_columns(path, {name: cells, "number": [-1.5] * len(cells)})
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        back = read_all_columns(path)
        frame = read_all_columns({name: [row[0] for row in rows]})
    meant = [None if cell.strip() in MISSING else cell.strip() for cell in cells]

    assert back[name] == frame[name] == meant
    for cell in (*header, *(row[0] for row in rows)):
        number = re.fullmatch(r"[+-][0-9.,]+(e[+-]?[0-9]+)?%?", cell, re.IGNORECASE)
        assert cell.strip()[:1] not in {"=", "+", "-", "@", "\uff1d"} or number
    assert {row[1] for row in rows} == {"-1.5"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_of_each_delimiter_with_and_without_a_mark(
    tmp_path: Path, delimiter: str, mark: str
) -> None:
    """Comma, semicolon, tab and bar are told from the header; a byte order mark is no name."""
    lines = [delimiter.join(row) for row in (["a", "b c"], ["1", "x y"], ["", "z"])]
    path = tmp_path / "t.csv"
    path.write_text(mark + "\r\n".join(lines) + "\r\n\r\n", encoding="utf-8")

    assert read_columns(path, ["b c", "a"]) == {"b c": ["x y", "z"], "a": ["1", None]}


def test_quoted_cells_may_hold_anything(tmp_path: Path) -> None:
    """A quoted cell keeps delimiters and line breaks."""
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"1,5","x\ny"\n', encoding="utf-8")

    assert read_columns(path, ["a", "b"]) == {"a": ["1,5"], "b": ["x\ny"]}


def frames() -> list[Any]:
    """Return one table in each form whose package is installed."""
    columns = {"id": ["a", None, "c"], "age": [1.5, 2.0, math.nan]}
    made: list[Any] = [columns, {name: np.array(c, dtype=object) for name, c in columns.items()}]
    for package, make in (
        ("pandas", lambda module: module.DataFrame(columns)),
        ("polars", lambda module: module.DataFrame(columns)),
        ("pyarrow", lambda module: module.table(columns)),
    ):
        try:
            made.append(make(__import__(package)))
        except ImportError:
            continue
    return made


def test_every_frame_gives_the_same_columns() -> None:
    """Dict, numpy, pandas, polars and pyarrow: the same cells, None where one is missing."""
    for frame in frames():
        assert read_columns(frame, ["age", "id"]) == {
            "age": [1.5, 2.0, None],
            "id": ["a", None, "c"],
        }, type(frame)


def test_missing_values_of_pandas_are_missing() -> None:
    """NA, NaT and nan are empty cells."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": [pandas.NA, pandas.NaT, float("nan"), "x"], "b": 1})

    assert read_columns(frame, ["a"]) == {"a": [None, None, None, "x"]}


def test_a_misspelt_column_gets_the_nearest_name() -> None:
    """The error lists the columns and suggests one."""
    with pytest.raises(InvalidInputError, match=r"no column 'pateint'.*Did you mean 'patient'\?"):
        read_columns({"patient": ["a"], "label": ["b"]}, ["pateint"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a,b\n1\n2,3\n", "records 2 have not"),
        (b"a,a\n1,2\n", "names columns twice: 'a'"),
        (b"a,b\n\xff\xfe,2\n", "not a table in UTF-8"),
        (b'a,b\n"1,2\n', "not whole"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty, ragged, doubled, foreign and cut files are refused with their reason."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=reason) as caught:
        read_columns(path, ["a"])
    assert "t.csv" in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """What is no file is refused."""
    with pytest.raises(InvalidInputError, match=r"gone\.csv does not exist"):
        read_columns(tmp_path / "gone.csv", ["a"])
    with pytest.raises(InvalidInputError, match="is a folder"):
        read_columns(tmp_path, ["a"])


def test_what_is_no_table_is_refused() -> None:
    """A list is no table; the text says what is."""
    with pytest.raises(InvalidInputError, match="got list"):
        read_columns([1, 2], ["a"])


def test_columns_of_different_lengths_are_refused() -> None:
    """A mapping's columns must be of one length."""
    with pytest.raises(InvalidInputError, match="`a` has 1, `b` has 2"):
        read_columns({"a": [1], "b": [1, 2]}, ["a", "b"])


def test_an_empty_table_has_no_columns() -> None:
    """Nothing is no error here: what needs a column names the one it misses."""
    assert read_all_columns({}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "y,p\n1,0.5\n",
        "\ufeffy,p\r\n1,0.5\r\n",
        "sep=;\ny;p\n1;0.5\n",
        "SEP=|\r\ny|p\r\n1|0.5\r\n",
        "y,p,,\n1,0.5,,\n",
        "y,p\n1,0.5,,\n",
        "\n\ny,p\n\n1,0.5\n,\n  ,\n\n",
        'y,p\n"1"," 0.5 "\n',
        " y , p \r1,0.5\r",
    ],
)
def test_what_spreadsheets_add_is_no_part_of_the_table(tmp_path: Path, text: str) -> None:
    """Marks, `sep=`, empty columns at the right, blank rows, line ends, quotes and blanks."""
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())

    assert read_all_columns(path) == {"y": ["1"], "p": ["0.5"]}


@pytest.mark.parametrize("extra", ["x", " , x"])
def test_a_cell_beyond_the_header_is_refused(tmp_path: Path, extra: str) -> None:
    """Blank cells at the right are nothing, others have no name."""
    path = tmp_path / "t.csv"
    path.write_text(f"y,p\n1,2\n1,0.5,{extra}\n")

    with pytest.raises(InvalidInputError, match="records 3 have not"):
        read_all_columns(path)


def test_unicode_line_separators_end_no_row(tmp_path: Path) -> None:
    """U+2028 and U+0085 inside a cell stay there."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\u2028y\n2,x\u0085y\n", encoding="utf-8")

    assert read_columns(path, ["a", "b"]) == {"a": ["1", "2"], "b": ["x\u2028y", "x\u0085y"]}


def test_a_stray_quote_that_swallows_rows_is_refused(tmp_path: Path) -> None:
    """A quote opened in one row and closed in another makes one cell of two records."""
    path = tmp_path / "t.csv"
    path.write_text('f,y,note\n1.png,a,"5\n2.png,b,x\n3.png,c,6"\n4.png,d,x\n')

    with pytest.raises(InvalidInputError, match=r"stray quote.*swallows whole records.*'5"):
        read_columns(path, ["f"])
    path.write_text('f,y,note\n1.png,a,"two\nlines, with commas,\nand more"\n')
    assert read_columns(path, ["f"]) == {"f": ["1.png"]}


def test_a_second_line_of_names_is_refused(tmp_path: Path) -> None:
    """Two tables joined one after another would have an image `f` of class `y`."""
    path = tmp_path / "t.csv"
    path.write_text("f,y\n1.png,a\nf, y\n2.png,b\n")

    with pytest.raises(InvalidInputError, match=r"names its columns twice.*'f', 'y'"):
        read_columns(path, ["f"])
    path.write_text("f,y\nf,a\n1.png,y\n")
    assert read_columns(path, ["f"]) == {"f": ["f", "1.png"]}


def test_nul_is_no_text(tmp_path: Path) -> None:
    """A file of two-byte letters is refused where it begins."""
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16-le"))

    with pytest.raises(InvalidInputError, match="holds NUL"):
        read_columns(path, ["a"])


def test_blank_rows_of_a_frame_are_left_out_as_a_files_are() -> None:
    """A row without any cell is none; one with a note alone stays, and is refused later."""
    frame = {"a": ["1", None, " ", "2"], "note": ["x", float("nan"), "y", None]}

    assert read_columns(frame, ["a"]) == {"a": ["1", None, "2"]}
    assert read_all_columns(frame) == {"a": ["1", None, "2"], "note": ["x", "y", None]}


def test_a_structured_array_is_a_table() -> None:
    """Numpy's own table has named columns."""
    table = np.array([("a", 1.5), ("b", 2.0)], dtype=[("id", "U1"), ("age", "f8")])

    assert read_columns(table, ["age", "id"]) == {"age": [1.5, 2.0], "id": ["a", "b"]}


def test_a_list_inside_a_cell_comes_through() -> None:
    """Nothing is said of columns that nobody asked to mean anything."""
    assert read_columns({"a": [[1], "x"]}, ["a"]) == {"a": [[1], "x"]}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Quotes, commas, line breaks and accents."""
    columns = {"a": ['x "y"', "1,2", "b\nc"], "b": ["\u00e4", "z", "7"]}
    write_columns(tmp_path / "t.csv", columns)

    assert read_all_columns(tmp_path / "t.csv") == columns


def test_a_column_is_sought_with_its_purpose() -> None:
    """The error says what the column is for."""
    with pytest.raises(InvalidInputError, match=r"'scroe' for the score.*Did you mean 'score'"):
        find_column({"score": [0.5]}, "scroe", purpose="score")


def test_forty_thousand_columns_do_not_hang(tmp_path: Path) -> None:
    """They take a second; comparing each name with every other took minutes."""
    path = tmp_path / "wide.csv"
    width = 40_000
    path.write_text(",".join(f"c{k}" for k in range(width)) + "\n" + "1," * (width - 1) + "1\n")
    start = time.process_time()

    assert len(read_all_columns(path)) == width
    # A bound that no busy machine reaches, and that a hang does.
    assert time.process_time() - start < 60


def test_equal_cells_are_one_text_in_memory(tmp_path: Path) -> None:
    """A million rows of two classes hold two texts."""
    path = tmp_path / "t.csv"
    path.write_text("y\n" + "sick\nwell\n" * 500)

    assert len({id(cell) for cell in read_columns(path, ["y"])["y"]}) == 2


def test_a_long_column_of_different_cells_means_what_a_short_one_means(tmp_path: Path) -> None:
    """Past 10,000 rows that all differ cells are no longer remembered; blanks still go."""
    cells = [f"id {number}" for number in range(12_000)]
    odd = {
        11_000: "  padded ",
        11_001: "NA",
        11_002: "",
        11_500: "\u00a0caf\u00e9\u200b",
        11_501: "caf\u00e9",
    }
    written = [odd.get(number, cell) for number, cell in enumerate(cells)]
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{cell},1\n" for cell in written), encoding="utf-8")
    means = {11_000: "padded", 11_001: None, 11_002: None, 11_500: "caf\u00e9", 11_501: "caf\u00e9"}

    assert read_columns(path, ["a"])["a"] == [means.get(n, cell) for n, cell in enumerate(cells)]


def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    """Nobody writes to the pipe, and zeros have no end."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no FIFOs")
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(InvalidInputError, match="is no regular file"):
            read_columns(path, ["a"])


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """Of 17 million characters, in the header and below it."""
    for place, text in enumerate(("a" * 2**24, "a\n" + "1" * 2**24)):
        (tmp_path / f"{place}.csv").write_text(text)
        with pytest.raises(InvalidInputError, match="a line of more than"):
            read_columns(tmp_path / f"{place}.csv", ["a"])


@pytest.mark.parametrize("way", ["collect", "compute"])
def test_a_table_that_is_not_made_yet_is_refused(way: str) -> None:
    """A LazyFrame of polars, a data frame of Dask: what makes it is named."""
    plan = type("LazyFrame", (), {"columns": ["a"], way: lambda self: self})()

    with pytest.raises(InvalidInputError, match=rf"LazyFrame is a plan .*Call its {way}\(\) first"):
        read_columns(plan, ["a"])


@pytest.mark.parametrize("library", ["dict", "pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_in_a_cell_is_no_id(library: str, kind: Any) -> None:
    """`[1]` is not the id 1, nor is `(1,)` a text, whichever table it stands in."""
    column = {"patient": [kind([1]), kind([2]), None], "x": [1, 2, None]}
    if library == "dict":
        table: Any = column
    else:
        module = pytest.importorskip(library)
        table = (module.table if library == "pyarrow" else module.DataFrame)(column)
    for read in (read_columns(table, ["patient"]), read_all_columns(table)):
        assert len(read["patient"]) == 2
        with pytest.raises(InvalidInputError, match="Each patient id must be one value"):
            encode("patient id", read["patient"], ids=True)


@pytest.mark.parametrize("suffix", [".xlsx", ".PARQUET", ".html"])
def test_a_file_of_another_kind_is_named_as_such(tmp_path: Path, suffix: str) -> None:
    """A workbook read as text would be a table without rows."""
    path = tmp_path / f"scores{suffix}"
    path.write_bytes(b"PK\x03\x04")
    for read in (read_all_columns, lambda given: read_columns(given, ["y"])):
        with pytest.raises(InvalidInputError, match=r"scores\..* is no text table: save it as CSV"):
            read(path)
