"""Tables of images: the same cohort by every way in, or the error says why not."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.cohorts import Cohort, read_table
from prevalens.exceptions import InvalidInputError, UnreadableImageError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not on this machine")


def make_folder(root: Path, *names: str) -> Path:
    """Write small images of the given names below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((2, 2), dtype=np.uint8)).save(path)
    return root


def table(**columns: Any) -> dict[str, Any]:
    """Return a good table of two rows with some columns replaced."""
    return {
        "file": ["a.png", "b/c.png"],
        "diagnosis": ["sick", "well"],
        "id": [61, 62],
        "age": ["50", ""],
        **columns,
    }


def read(source: Any, **settings: Any) -> Cohort:
    """Read a table of the columns of `table`."""
    names = {"image": "file", "label": "diagnosis", "patient": "id", "positive": "sick"}
    return read_table(source, **{**names, **settings})


def test_a_table_is_read_from_its_own_folder(tmp_path: Path) -> None:
    """Paths in a CSV file start from the file's folder; ids become text."""
    make_folder(tmp_path, "a.png", "b/c.png")
    path = tmp_path / "t.csv"
    path.write_text("file;diagnosis;id;age\na.png;sick;61;50\nb/c.png;well;62;\n")

    cohort = read(path, covariates=["age"])

    assert cohort.root == tmp_path
    assert cohort.patients.tolist() == ["61", "62"]
    assert cohort.classes == ("well", "sick")
    assert cohort.covariate("age")[0] == 50.0
    assert np.isnan(cohort.covariate("age")[1])


def test_a_frame_is_read_with_a_root(tmp_path: Path) -> None:
    """A mapping of columns and a root give the same cohort as the file."""
    root = make_folder(tmp_path, "a.png", "b/c.png")

    assert read(table(), root=root).path(1) == tmp_path / "b" / "c.png"


def test_missing_images_are_all_named(tmp_path: Path) -> None:
    """Every absent file is in one error; without the check the table is read."""
    with pytest.raises(UnreadableImageError, match=r"2 of 2 images(.|\n)*a\.png\n- b/c\.png"):
        read(table(), root=tmp_path)

    assert len(read(table(), root=tmp_path, check_files=False)) == 2


@pytest.mark.parametrize("path", ["../x.png", "/etc/x.png", "b/../../x.png"])
def test_paths_that_leave_the_root_are_refused(tmp_path: Path, path: str) -> None:
    """Two dots and absolute paths are named, unless allowed by name."""
    source = table(file=["a.png", path])

    with pytest.raises(
        InvalidInputError, match=rf"1 lead out of it: '(../)?x.png|{path}'.*allow_outside"
    ):
        read(source, root=tmp_path, check_files=False)

    assert len(read(source, root=tmp_path, check_files=False, allow_outside=True)) == 2


def test_links_that_leave_the_root_are_refused(tmp_path: Path) -> None:
    """A link to a file elsewhere is named; one that stays inside is read."""
    root = make_folder(tmp_path / "root", "a.png", "b/c.png")
    make_folder(tmp_path, "secret.png")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "in.png").symlink_to(root / "a.png")

    assert len(read(table(file=["in.png", "b/c.png"]), root=root)) == 2
    with pytest.raises(InvalidInputError, match=r"'out\.png'"):
        read(table(file=["out.png", "b/c.png"]), root=root)


@pytest.mark.parametrize(
    ("column", "reason"),
    [("file", "needs its image"), ("diagnosis", "needs its label"), ("id", "needs its patient")],
)
def test_empty_cells_are_named(column: str, reason: str) -> None:
    """A row without a path, label or patient is refused with its number."""
    with pytest.raises(InvalidInputError, match=rf"{reason}.*, but 1 of 2 have none: rows 1 "):
        read(table(**{column: ["sick", None]}), check_files=False)


@needs_data
def test_the_real_effusion_table() -> None:
    """500 chest X-rays of 371 patients, 90 of them with an effusion."""
    cohort = read_table(
        DATA / "nih_effusion" / "manifest.csv",
        image="image",
        label="label",
        patient="patient",
        positive="effusion",
        covariates=["sex", "age", "view"],
    )

    assert (len(cohort), cohort.n_patients, int(cohort.is_positive.sum())) == (500, 371, 90)
    assert cohort.covariate("age").dtype.kind == "f"


@needs_data
def test_the_real_smear_folder() -> None:
    """300 cells; the masks beside them are ignored by name."""
    labels = {}
    with (DATA / "wbc" / "labels.csv").open() as lines:
        next(lines)
        for line in lines:
            number, kind = line.split(",")[:2]
            labels[int(number)] = "lymphocyte" if kind.strip() == "2" else "other"
    names = [f"{number:03d}.bmp" for number in labels]
    cohort = read_table(
        {"file": names, "label": list(labels.values())},
        image="file",
        label="label",
        patient="file",
        positive="lymphocyte",
        root=DATA / "wbc" / "images",
    )

    assert (len(cohort), int(cohort.is_positive.sum())) == (300, 53)


def test_a_wrong_root_names_three_images_and_the_folder(tmp_path: Path) -> None:
    """Where every one of many images is missing, the folder is wrong: no list of all of them."""
    table = {"file": [f"{row}.png" for row in range(9)], "y": ["a", "b", "b"] * 3, "p": range(9)}

    with pytest.raises(UnreadableImageError, match="None of the 9 images is below") as caught:
        read_table(table, image="file", label="y", patient="p", positive="a", root=tmp_path)
    assert str(tmp_path.resolve()) in str(caught.value)
    assert "'2.png' and 6 more" in str(caught.value)


def as_csv(rows: dict[str, list[Any]], path: Path, delimiter: str) -> Path:
    """Write columns as a spreadsheet would: blanks, quotes, `NA` for missing."""
    cells = [
        [f'"{"NA" if cell is None else cell}" ' if k % 2 else ("" if cell is None else str(cell))
         for k, cell in enumerate(column)]
        for column in rows.values()
    ]  # fmt: skip
    lines = [delimiter.join(rows), *(delimiter.join(c.strip() for c in r) for r in zip(*cells))]  # noqa: B905
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n" + delimiter * 2 + "\r\n", "utf-8")
    return path


class Arrow:
    """A table as pyarrow has it."""

    def __init__(self, rows: dict[str, list[Any]]) -> None:
        self.rows = rows
        self.column_names = list(rows)

    def __getitem__(self, name: str) -> Any:
        """Return a column that has `to_pylist` alone."""
        column = type("Column", (), {"to_pylist": lambda _: self.rows[name]})
        return column()


WAYS_IN: dict[str, Callable[[dict[str, list[Any]], Path], Any]] = {
    "comma": lambda rows, path: as_csv(rows, path, ","),
    "semicolon": lambda rows, path: as_csv(rows, path, ";"),
    "tab": lambda rows, path: as_csv(rows, path, "\t"),
    "dict": lambda rows, _: rows,
    "objects": lambda rows, _: {
        n: np.array([*c, None], dtype=object)[:-1] for n, c in rows.items()
    },
    "arrow": lambda rows, _: Arrow(rows),
    "pandas": lambda rows, _: pd.DataFrame(rows),
    "masked": lambda rows, _: pd.DataFrame(rows).convert_dtypes(),
    "categories": lambda rows, _: pd.DataFrame(rows).astype(str).where(
        pd.DataFrame(rows).notna(), None
    ).astype("category"),
    "bytes": lambda rows, _: {
        n: [None if cell is None else str(cell).encode() for cell in c] for n, c in rows.items()
    },
    "masked arrays": lambda rows, _: {
        n: np.ma.MaskedArray([str(cell) for cell in c], mask=[cell is None for cell in c])
        for n, c in rows.items()
    },
}  # fmt: skip


def drawn_table() -> st.SearchStrategy[dict[str, list[Any]]]:
    """Draw a table of ids, labels and covariates, of which some cells are missing."""
    row = st.tuples(
        st.sampled_from(["sick", "well", "w\u00e9ll"]),
        st.one_of(st.integers(0, 30), st.integers(0, 3), st.sampled_from(["p1", "007", "H3"])),
        st.one_of(st.none(), st.integers(0, 99), st.sampled_from([0.5, 61.25])),
        st.one_of(st.none(), st.sampled_from(["north", "s\u00fcd", "a b"])),
    )
    holes = st.sampled_from([None, None, None, "label", "patient", "image"])
    return st.builds(
        lambda rows, hole: {
            "image": [
                f"f{k % 2}/{k}.png" if hole != "image" or k else None for k in range(len(rows))
            ],
            "label": [r[0] if hole != "label" or k else None for k, r in enumerate(rows)],
            "patient": [r[1] if hole != "patient" or k else None for k, r in enumerate(rows)],
            "age": [r[2] for r in rows],
            "site": [r[3] for r in rows],
        },
        st.lists(row, min_size=2, max_size=8),
        holes,
    )


@settings(max_examples=60, deadline=None)
@given(rows=drawn_table())
@pytest.mark.filterwarnings("ignore::prevalens.exceptions.DataWarning")
def test_by_every_way_in_the_same_cohort_or_the_same_refusal(
    rows: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """CSV of three kinds, frames, masks, categories, bytes, objects: one fingerprint or error."""
    path = tmp_path_factory.mktemp("ways") / "t.csv"
    outcomes = {}
    for way, make in WAYS_IN.items():
        try:
            cohort = read_table(
                make(rows, path),
                image="image",
                label="label",
                patient="patient",
                positive="sick",
                covariates=["age", "site"],
                check_files=False,
            )
            outcomes[way] = cohort.fingerprint
            assert cohort.covariate("age").dtype.kind == "f"
        except InvalidInputError as error:
            outcomes[way] = str(error)
    assert len(set(outcomes.values())) == 1, outcomes


@pytest.mark.parametrize("blank", ["NA", "#N/A", "", " ", "None", "NULL", "?"])
@pytest.mark.parametrize("column", ["diagnosis", "id"])
def test_no_word_for_missing_is_a_class_or_a_patient(column: str, blank: str) -> None:
    """What R and Excel write is refused, and the row named."""
    with pytest.raises(InvalidInputError, match="1 of 2 have none: rows 1 "):
        read(table(**{column: ["sick", blank]}), check_files=False)


def test_classes_that_differ_by_case_alone_are_refused() -> None:
    """`Sick` beside `sick` is a slip, never two classes; blanks around are nothing."""
    with pytest.raises(InvalidInputError, match=r"\('Sick', 'sick'\) do not"):
        read(table(file=["a", "b", "c"], diagnosis=["Sick", "sick", "well"], id=[1, 2, 3]),
             check_files=False)  # fmt: skip
    blanks = table(
        file=["a", "b", "c"], diagnosis=["sick ", "sick", "well"], id=[1, 2, 3], age=[1, 2, 3]
    )
    assert read(blanks, check_files=False).classes == ("well", "sick")


def test_ids_over_two_columns() -> None:
    """Patient 1 of the north is not patient 1 of the south."""
    source = table(file=list("abcd"), diagnosis=["sick", "well"] * 2, id=[1, 1, 2, 1],
                   site=["n", "s", "n", "n"], age=[1, 2, 3, 4])  # fmt: skip
    cohort = read(source, patient=["site", "id"], check_files=False)

    assert cohort.patients.tolist() == ["n/1", "s/1", "n/2", "n/1"]
    with pytest.raises(InvalidInputError, match="hold '/' themselves"):
        read(table(id=["b/c", "c"], site=["a", "a/b"]), patient=["site", "id"], check_files=False)
    with pytest.raises(InvalidInputError, match="needs its site"):
        read(table(site=["n", None]), patient=["site", "id"], check_files=False)
    with pytest.raises(InvalidInputError, match="names no column"):
        read(table(), patient=[], check_files=False)


def test_no_patients_are_said_aloud() -> None:
    """None makes every image a patient of its own."""
    cohort = read(table(), patient=None, check_files=False)

    assert cohort.independent
    assert cohort.n_patients == 2


def test_rows_of_one_image_are_joined_where_that_is_asked() -> None:
    """Positive where any row is; refused unasked, and where anything else differs."""
    rows = {
        "file": ["a.png", "./a.png", "b.png", "b.png"],
        "diagnosis": ["well", "sick", "well", "well"],
        "id": ["p", "p", "q", "q"],
        "age": [1, 1, 2, 3],
    }
    with pytest.raises(InvalidInputError, match=r"more than once: 'a\.png', 'b\.png'.*combine"):
        read(rows, check_files=False)
    cohort = read(rows, check_files=False, combine="any")
    assert cohort.images.tolist() == ["a.png", "b.png"]
    assert cohort.label_names.tolist() == ["sick", "well"]
    assert cohort.provenance == "2 images read from a data frame, 4 rows"
    with pytest.raises(InvalidInputError, match=r"agree in age, but those of 'b\.png' do not"):
        read(rows, check_files=False, combine="any", covariates=["age"])
    with pytest.raises(InvalidInputError, match=r"agree in the patient, but those of 'a\.png'"):
        read({**rows, "id": ["p", "x", "q", "q"]}, check_files=False, combine="any")
    with pytest.raises(InvalidInputError, match=r"the label where none is positive, .*'b\.png'"):
        read({**rows, "diagnosis": ["well", "sick", "well", "scar"]}, check_files=False,
             combine="any")  # fmt: skip
    with pytest.raises(InvalidInputError, match="got 'al'"):
        read(rows, check_files=False, combine="al")
    with pytest.raises(InvalidInputError, match=r"got 'sik'. Did you mean 'sick'"):
        read(rows, check_files=False, combine="any", positive="sik")


def test_numbers_as_labels_are_names_in_a_table() -> None:
    """1 of a frame is the class 1, whatever the order of `classes`."""
    source = table(diagnosis=[1, 0])
    cohort = read(source, positive="1", classes=["1", "0"], check_files=False)

    assert cohort.label_names.tolist() == ["1", "0"]
    with pytest.raises(InvalidInputError, match="could be both"):
        Cohort(images=["a", "b"], labels=[1, 0], patients=["p", "q"], positive="1",
               classes=("1", "0"))  # fmt: skip


def test_what_is_no_file_is_refused_unread(tmp_path: Path) -> None:
    """A pipe, a device through a link and a folder, with or without `check_files`."""
    make_folder(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png"):
        for check in (True, False):
            with pytest.raises(InvalidInputError, match=f"regular file, but 1 .*'{name}'"):
                read(table(file=["a.png", name]), root=tmp_path, check_files=check)


def arrow(kind: str, frame: pd.DataFrame) -> Any:
    """Return a frame as pyarrow has it."""
    return getattr(pytest.importorskip("pyarrow"), kind).from_pandas(frame)


TYPES = {
    "pandas, nullable": ("pandas", lambda frame: frame.convert_dtypes()),
    "pandas, Arrow": ("pyarrow", lambda frame: frame.convert_dtypes(dtype_backend="pyarrow")),
    "pandas, categories": (
        "pandas",
        lambda frame: frame.astype(dict.fromkeys(("label", "patient", "site"), "category")),
    ),
    "pyarrow": ("pyarrow", partial(arrow, "Table")),
    "pyarrow, one batch": (
        "pyarrow",
        partial(arrow, "RecordBatch"),
    ),
    "polars": (
        "polars",
        lambda frame: pytest.importorskip("polars").DataFrame(
            {
                name: [None if cell != cell else cell for cell in frame[name].tolist()]  # noqa: PLR0124
                for name in frame
            }
        ),
    ),
}


@pytest.mark.parametrize(("package", "made"), TYPES.values(), ids=TYPES)
def test_every_type_of_column_is_read_as_the_file_is(
    tmp_path: Path, package: str, made: Callable[[Any], Any]
) -> None:
    """Missing ages and sites, ids with zeros in front: the cohort of the CSV file, to the byte."""
    pytest.importorskip(package, reason=f"no {package} is installed")
    path = tmp_path / "table.csv"
    path.write_text(
        "image,label,patient,age,site\na.png,sick,007,34,x\nb.png,well,1,,y\n"
        "c.png,well,P 1,51,\nd.png,sick,007,40.5,x\n"
    )
    words = {"image": "image", "label": "label", "patient": "patient", "positive": "sick"}
    more = {"covariates": ["age", "site"], "check_files": False}

    read_in = made(pd.read_csv(path, dtype={"patient": str}))

    assert (
        read_table(read_in, **words, **more).fingerprint
        == read_table(path, **words, **more).fingerprint
    )


def test_rows_of_one_image_agree_however_a_cell_is_written(tmp_path: Path) -> None:
    """5 and 5.0 are one age, `a.png` and `./a.png` one image: as texts of a file, and mixed."""
    table = {
        "file": ["a.png", "./a.png", "b.png", "b.png"],
        "label": ["s", "w", "w", "w"],
        "id": [1, "1.0", "2", 2],
        "age": ["5", 5.0, None, "NA"],
    }
    names = {"image": "file", "label": "label", "patient": "id", "positive": "s"}
    path = tmp_path / "t.csv"
    rows = zip(*table.values(), strict=True)
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_text("\n".join([",".join(table), *lines]) + "\n", encoding="utf-8")
    for source in (table, path):
        made = read_table(source, **names, combine="any", covariates=["age"], check_files=False)  # type: ignore[arg-type]
        assert made.images.tolist() == ["a.png", "b.png"]
        assert (made.patients.tolist(), made.is_positive.tolist()) == (["1", "2"], [True, False])
        np.testing.assert_array_equal(made.covariate("age"), [5.0, np.nan])
