"""`prevalens audit`: what it finds and the codes it ends with."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from verbs.words import COLUMNS

from prevalens._tables import write_columns
from prevalens.cohorts import Cohort, read_table
from prevalens.command import main
from prevalens.splits import Partition


@pytest.mark.filterwarnings("default:No image is there")
def test_an_audit_that_finds_something_has_code_one(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A patient whose first image is trained on and the rest not is found, and named."""
    out = tmp_path / "partition.json"
    columns = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}
    cohort = read_table(cohort_table, **columns, check_files=False)
    rows = np.arange(len(cohort))
    Partition(
        train=rows[:101],
        validation=rows[101:150],
        test=rows[150:],
        cohort_fingerprint=cohort.fingerprint,
        n_rows=len(cohort),
        patients_crossing=1,
    ).save(out)

    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", str(out)]) == 1
    assert "patient 'k20' (train, validation)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("partition", "told"), [("absent.json", "does not exist"), (".", "is a folder")]
)
def test_an_audit_without_its_partition_is_a_sentence(
    partition: str, told: str, cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A partition that is not there, or is a folder, is named; there is no traceback."""
    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", partition]) == 2
    assert f"{partition} {told}" in capsys.readouterr().err


def written(cohort: Cohort, **columns: list[str]) -> str:
    """Write a table of the images and further columns."""
    named = {
        "file": cohort.images.tolist(),
        "diagnosis": cohort.label_names.tolist(),
        "person": cohort.patients.tolist(),
    } | columns
    write_columns(cohort.root / "images.csv", named)
    return str(cohort.root / "images.csv")


@pytest.mark.filterwarnings("default:The label can be told")
@pytest.mark.filterwarnings("default:.* have images in more than one part")
def test_a_column_of_parts_is_audited_with_shortcuts_and_shifts(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """A site that is the label is a shortcut; a part cut through patients leaks; ages differ."""
    rows = range(len(image_cohort))
    part = ["test" if row % 3 == 0 else "train" for row in rows]
    age = [str(70 if name == "test" else 40) for name in part]
    site = [f"s{int(positive)}" for positive in image_cohort.is_positive]
    table = written(image_cohort, part=part, age=age, site=site)
    words = [*COLUMNS, "--part-column", "part", "--covariates", "age", "site"]

    assert main(["audit", table, *words]) == 1
    told = capsys.readouterr().out
    assert "patient: 'p1'" in told or "patient 'p1'" in told
    assert "covariate site: 1.000" in told
    assert "suspicious" in told
    assert "file size" in told
    assert "age, train to test: not estimable, 40 throughout in one part and 70" in told
    assert "[shift-" in told.split("age, train to test")[1].splitlines()[0]
    assert "See reference/findings.html#finding-shift." in told
    assert "part =" not in told
    assert main(["audit", table, *words, "--only", "shifts"]) == 0
    assert "covariate site" not in capsys.readouterr().out


@pytest.mark.filterwarnings("default:The label can be told")
def test_shortcuts_alone_need_no_parts(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without parts the other looks are refused with the way round."""
    table = written(image_cohort)
    assert main(["audit", table, *COLUMNS]) == 2
    assert "--only shortcuts" in capsys.readouterr().err
    # Drawn brighter, sick pictures have brighter borders.
    assert main(["audit", table, *COLUMNS, "--only", "shortcuts"]) == 1
    told = capsys.readouterr()
    assert "border colour" in told.out
    assert "warning: The label can be told" in told.err


def test_shortcuts_that_cannot_be_looked_for_are_named(
    cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No picture and no column; with a column, the pictures alone are missing."""
    words = ["audit", str(cohort_table), *COLUMNS, "--only", "shortcuts"]
    assert main(words) == 0
    assert "NOT looked for: no image is there, and no column is named" in capsys.readouterr().out
    assert main([*words, "--covariates", "site"]) == 0
    told = capsys.readouterr().out
    assert "covariate site: 0." in told
    assert "not tried, no image is there" in told


@pytest.mark.filterwarnings("default:No image is there", "default:1 of 40 patients")
def test_a_column_may_name_the_parts(
    cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A published split: the patient of rows 95 to 99 is trained on and tested on."""
    lines = cohort_table.read_text("utf-8").splitlines()
    parts = ["split", *(["Training"] * 97), *(["testing"] * 103)]
    cohort_table.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, parts, strict=True)))
    words = ["audit", str(cohort_table), *COLUMNS, "--part-column", "split"]

    assert main(words) == 1
    assert "patient 'k19' (train, test)" in capsys.readouterr().out


@pytest.mark.filterwarnings("default:No image is there")
def test_columns_of_the_usual_names_need_no_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`image`, `label` and `patient` are read; without files it says where it looked."""
    rows = [f"a/{row}.png,{'sick' if row < 20 else 'well'},p{row // 2}" for row in range(40)]
    table = tmp_path / "images.csv"
    parts = ["part", *(["train"] * 30), *(["test"] * 10)]
    lines = zip(["image,label,patient", *rows], parts, strict=True)
    table.write_text("\n".join(f"{line},{part}" for line, part in lines), "utf-8")

    assert main(["audit", str(table), "--positive", "sick", "--part-column", "part"]) == 0
    told = capsys.readouterr()
    assert "Nothing found; looked for: patients in two parts." in told.out
    assert f"none of 40 was found, such as '{tmp_path / 'a' / '0.png'}'" in told.err
    assert "correct --root" in told.err


def test_the_parts_are_named_once(cohort_table: Path) -> None:
    """By a file and a column, nothing is audited."""
    parts = ["--partition", "a.json", "--part-column", "split"]
    with pytest.raises(SystemExit, match="2"):
        main(["audit", str(cohort_table), *COLUMNS, *parts])


def test_odd_pictures_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No patient crosses, but one picture is blank and one is flat from its middle down."""
    rng = np.random.default_rng(0)
    rows = ["file,diagnosis,person,part"]
    for row in range(8):
        pixels = rng.integers(0, 256, (32, 32), dtype=np.uint8)
        pixels[0 if row == 3 else 16 if row == 5 else 32 :] = 7
        Image.fromarray(pixels).save(tmp_path / f"{row}.png")
        rows.append(f"{row}.png,{('sick', 'well')[row % 2]},p{row},{('train', 'test')[row // 4]}")
    (tmp_path / "images.csv").write_text("\n".join(rows))
    words = ["audit", str(tmp_path / "images.csv"), *COLUMNS, "--part-column", "part"]

    assert main([*words, "--only", "leakage", "pictures"]) == 1
    told = capsys.readouterr().out
    assert "Nothing found" in told
    assert "1 blank" in told
    assert "3.png" in told
    assert "1 flat from some row to the bottom" in told
    assert "5.png" in told
