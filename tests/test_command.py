"""The command line: a table in, files out, refusals in words and a code."""

import errno
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from prevalens.cohorts import read_table
from prevalens.command import main
from prevalens.predictions import Predictions
from prevalens.splits import Partition


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of predictions as a clinic might export it: marks, semicolons, decimal commas."""
    rng = np.random.default_rng(0)
    rows = ["y;p;id;site"]
    for row in range(120):
        label = int(row % 24 < 6)
        score = min(0.99, max(0.01, 0.3 + 0.4 * label + 0.2 * rng.normal()))
        rows.append(f"{label};{score:.4f};k{row // 4};{'ab'[row // 8 % 2]}".replace(".", ","))
    path = tmp_path / "clinic.csv"
    path.write_text("\n".join(rows), encoding="utf-8-sig")
    return path


REPORT = ["--label", "y", "--score", "p", "--patient", "id", "--threshold", "0.5"]


def test_a_table_becomes_a_report(table: Path, tmp_path: Path) -> None:
    """The line the README promises, in two formats at once."""
    outputs = [tmp_path / "r.html", tmp_path / "r.json"]
    settings = ["--worst", "0", "--patient-score", "max"]
    files = [word for output in outputs for word in ("-o", str(output))]
    code = main(["report", str(table), *REPORT, "--by", "site", *settings, *files])
    record = json.loads(outputs[1].read_text("utf-8"))

    assert code == 0
    assert outputs[0].read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (record["study"]["images"], record["study"]["patients"]) == (120, 30)
    assert record["settings"]["threshold_origin"] == "exploratory"
    assert [group["by"] for group in record["subgroups"]] == ["site"]
    assert (record["errors"], record["patient_level"]["pooled_by"]) == (None, "max")


def test_a_second_column_of_scores_is_compared(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--compare` names the other model's column; a missing one is answered with the nearest."""
    lines = table.read_text("utf-8-sig").splitlines()
    noisy = [f"{line};0,{37 * number % 90 + 5:02d}" for number, line in enumerate(lines[1:])]
    table.write_text("\n".join([lines[0] + ";other", *noisy]), encoding="utf-8")
    out = str(tmp_path / "r.json")
    assert main(["report", str(table), *REPORT, "--compare", "other", "-o", out]) == 0
    record = json.loads(Path(out).read_text("utf-8"))

    assert record["comparison"]["differences"]["auroc"]["difference"]["value"] > 0.2
    assert main(["report", str(table), *REPORT, "--compare", "othr"]) == 2
    assert "Did you mean 'other'" in capsys.readouterr().err


def test_without_an_output_the_text_is_printed(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A first look needs no file."""
    assert main(["report", str(table), *REPORT]) == 0
    assert "Sensitivity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label", "yy", *REPORT[2:]], "no column 'yy' for the label"),
        ([*REPORT, "-o", "x.pdf"], "must be one of '.html'"),
        ([*REPORT, "--by", "sit"], "Did you mean 'site'"),
        ([*REPORT[:-1], "5"], "`threshold` must lie in [0, 1]"),
        (["--label", "y", "--score", "p", "--independent", "--threshold", "0.5"], ""),
    ],
)
def test_a_refusal_is_a_sentence_and_code_two(
    table: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: the reason on standard error, nothing on standard output."""
    code = main(["report", str(table), *words])
    told = capsys.readouterr()
    if message:
        assert code == 2
        assert message in told.err
        assert told.out == ""
    else:
        assert code == 0


def test_patients_are_never_left_out_silently(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither `--patient` nor `--independent` is an error of usage; repeated ids are refused."""
    with pytest.raises(SystemExit):
        main(["report", str(table), "--label", "y", "--score", "p", "--threshold", "0.5"])
    assert "--patient" in capsys.readouterr().err
    renamed = table.read_text("utf-8-sig").replace("id;", "patient_id;")
    table.write_text(renamed, encoding="utf-8")
    words = ["--label", "y", "--score", "p", "--independent", "--threshold", "0.5"]
    assert main(["report", str(table), *words]) == 2
    assert "'patient_id' repeats ids" in capsys.readouterr().err


@pytest.fixture
def cohort_table(tmp_path: Path) -> Path:
    """A table of images, without the images."""
    rows = ["file,diagnosis,person,site"]
    for row in range(200):
        kind = "sick" if row // 5 % 4 == 0 else "well"
        rows.append(f"{row}.png,{kind},k{row // 5},s{row // 50}")
    path = tmp_path / "images.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


COLUMNS = ["--image", "file", "--label", "diagnosis", "--patient", "person", "--positive", "sick"]


@pytest.mark.filterwarnings("default:No image is there")
def test_a_split_is_written_and_passes_its_audit(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parts of whole patients; the audit finds nothing and says what it could not look at."""
    out = str(tmp_path / "partition.json")
    assert main(["split", str(cohort_table), *COLUMNS, "--seed", "3", "-o", out]) == 0
    assert "train: Cohort(" in capsys.readouterr().out
    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", out]) == 0
    told = capsys.readouterr()
    assert "Nothing found" in told.out
    assert "NOT looked for: identical" in told.out
    assert "prevalens: warning: No image is there" in told.err


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


def test_a_missing_column_of_a_cohort_is_named(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest column is suggested, and nothing is written."""
    words = [word if word != "person" else "persons" for word in COLUMNS]
    code = main(["split", str(cohort_table), *words, "-o", str(tmp_path / "p.json")])

    assert code == 2
    assert "Did you mean 'person'" in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()


def test_saved_predictions_need_no_column_names(tmp_path: Path) -> None:
    """What `Predictions.save` wrote is read with its own names, prevalence and provenance."""
    told = Predictions(
        labels=[0, 1, 0, 1],
        scores=[0.1, 0.8, 0.3, 0.6],
        patients=list("abcd"),
        provenance="Synthetic",
        train_prevalence=0.25,
    )
    told.save(tmp_path / "p.csv")
    words = ["--patient", "patient", "--threshold", "0.5", "-o", str(tmp_path / "r.json")]
    assert main(["report", str(tmp_path / "p.csv"), *words]) == 0
    record = json.loads((tmp_path / "r.json").read_text("utf-8"))

    assert record["synthetic"]
    assert record["calibration"]["corrected"]["train_prevalence"] == 0.25


def test_a_split_never_replaces_another(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same draw may be written again; another one, or any other file, stays as it was."""
    out = tmp_path / "partition.json"
    words = ["split", str(cohort_table), *COLUMNS, "-o", str(out)]
    assert main([*words, "--seed", "3"]) == 0
    written = out.read_bytes()
    assert main([*words, "--seed", "3"]) == 0
    assert main([*words, "--seed", "4"]) == 2
    assert "Name another --output" in capsys.readouterr().err
    assert out.read_bytes() == written

    out.write_text("no JSON", encoding="utf-8")
    assert main(words) == 2
    assert out.read_text(encoding="utf-8") == "no JSON"


def test_a_report_says_that_it_replaced_a_file(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report is drawn from its table again at will, but not without a word."""
    words = ["report", str(table), *REPORT, "-o", str(tmp_path / "r.md")]
    assert main(words) == 0
    assert main(words) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "wrote",
        "replaced",
    ]


@pytest.mark.parametrize("name", ["clinic.csv/r.html", "folder.html"])
def test_a_file_that_cannot_be_written_is_a_sentence(
    name: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is a file, or a file that is a folder: named, with what to do."""
    (tmp_path / "folder.html").mkdir()
    assert main(["report", str(table), *REPORT, "-o", str(tmp_path / name)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"prevalens report: {tmp_path / name} ")
    assert "folder" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("partition", ["absent.json", "."])
def test_an_audit_without_its_partition_is_a_sentence(
    partition: str, cohort_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A partition that is not there, or is a folder, is named; there is no traceback."""
    assert main(["audit", str(cohort_table), *COLUMNS, "--partition", partition]) == 2
    assert f"{partition} is no regular file" in capsys.readouterr().err


def test_ctrl_c_is_a_sentence_and_code_130(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that is stopped says that nothing is half written."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prevalens.command.ClinicalReport", stopped)
    assert main(["report", str(table), *REPORT]) == 130
    assert "prevalens report: stopped. No file is half written." in capsys.readouterr().err


def test_other_errors_of_the_system_name_their_file(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no stage has put into words is still no traceback."""

    def broken(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "pictures/1.png")

    monkeypatch.setattr("prevalens.command.ClinicalReport", broken)
    assert main(["report", str(table), *REPORT]) == 2
    assert "pictures/1.png cannot be used (Permission denied)" in capsys.readouterr().err


def test_a_warning_of_the_library_is_a_sentence(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line of code stands below it; a warning of another package keeps its place."""
    text = cohort_table.read_text(encoding="utf-8")
    cohort_table.write_text(text.replace(",k1,", ",K2,"), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        main(["split", str(cohort_table), *COLUMNS, "-o", str(tmp_path / "p.json")])
    told = capsys.readouterr().err
    assert told.startswith("prevalens: warning: Patient ids that differ by case")
    assert len(told.splitlines()) == 1


def test_warnings_of_other_packages_keep_their_place(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are shown as Python shows them, and the caller's own way is put back."""
    before = warnings.showwarning

    def old(*_: object, **__: object) -> str:
        warnings.warn("old", FutureWarning, stacklevel=1)
        return "report"

    monkeypatch.setattr("prevalens.command.ClinicalReport", old)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["report", str(table), *REPORT]) == 0
    assert "test_command.py" in capsys.readouterr().err
    assert warnings.showwarning is before


@pytest.mark.parametrize("words", [["--help"], ["report"]])
def test_a_closed_pipe_is_silence(words: list[str], table: Path) -> None:
    """`prevalens report ... | head` ends with code 0 and no word, whatever Python buffers."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*words, str(table), *REPORT] if words == ["report"] else words
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    try:
        told = subprocess.run(
            [sys.executable, "-m", "prevalens", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            env=env,
        )
    finally:
        os.close(writer)
    assert (told.returncode, told.stderr) == (0, b"")


@pytest.mark.parametrize(("number", "code"), [(errno.EPIPE, 0), (errno.ENOSPC, 2)])
@pytest.mark.parametrize("method", ["write", "flush"])
def test_output_that_takes_no_more_is_closed(
    method: str,
    number: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A closed pipe is no error, a full disk is one; neither is flushed again at the end."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    full = io.StringIO()
    monkeypatch.setattr(full, method, refuse, raising=False)
    monkeypatch.setattr("sys.stdout", full)
    assert main(["completion", "bash"]) == code
    assert full.closed
    told = capsys.readouterr().err
    assert ("standard output cannot be written (No space" in told) == (code == 2)


def test_a_split_without_validation_tells_of_the_parts_there_are(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines for two parts, then the file: an empty part is not a cohort."""
    words = ["split", str(cohort_table), *COLUMNS, "--validation", "0", "--test", "0.5"]

    assert main([*words, "-o", str(tmp_path / "p.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["train", "test"]


def test_a_run_is_verified_and_a_changed_page_has_code_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report beside its predictions differs nowhere; with an edited page the code is 1."""
    told = Predictions(labels=[0, 1] * 6, scores=[0.1, 0.8, 0.3] * 4, patients=list("abcdef") * 2)
    told.save(tmp_path / "predictions.csv")
    words = ["--patient", "patient", "--threshold", "0.5"]
    files = [word for kind in ("json", "txt") for word in ("-o", str(tmp_path / f"report.{kind}"))]
    assert main(["report", str(tmp_path / "predictions.csv"), *words, *files]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    assert "Nothing differs." in capsys.readouterr().out

    (tmp_path / "report.txt").write_text("edited", encoding="utf-8")
    assert main(["verify", str(tmp_path)]) == 1
    assert "report.txt is not what report.json draws." in capsys.readouterr().out
