"""`prevalens report`: a table of predictions in, files out."""

import json
from pathlib import Path

import numpy as np
import pytest
from verbs.words import REPORT

from prevalens.command import main
from prevalens.predictions import Predictions


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


def test_patients_are_never_left_out_silently(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column `patient` is taken; without one, the way on is named; repeated ids are refused."""
    words = ["report", str(table), "--label", "y", "--score", "p", "--threshold", "0.5"]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "no column 'patient' for the patient id; its columns are" in told
    assert "'id'" in told
    assert "Name it by --patient, or pass --independent if no two images share a patient." in told
    named = table.with_name("named.csv")
    named.write_text(table.read_text("utf-8-sig").replace("id;", "patient;"), encoding="utf-8")
    assert main([words[0], str(named), *words[2:]]) == 0
    assert "every interval is over patients" in " ".join(capsys.readouterr().out.split())
    renamed = table.read_text("utf-8-sig").replace("id;", "patient_id;")
    table.write_text(renamed, encoding="utf-8")
    words = ["--label", "y", "--score", "p", "--independent", "--threshold", "0.5"]
    assert main(["report", str(table), *words]) == 2
    assert "'patient_id' repeats ids" in capsys.readouterr().err


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


def test_several_classes_need_no_threshold(tmp_path: Path) -> None:
    """Prefixes name the scores of both models; softmax rows of two decimals are taken."""
    rng = np.random.default_rng(3)
    labels, raw = rng.integers(0, 3, 90), rng.random((2, 90, 3))
    one, two = (np.round(s / s.sum(axis=1, keepdims=True), 2) for s in raw + np.eye(3)[labels])
    header = "dx,id,score_mel,score_nv,score_bcc,other_mel,other_nv,other_bcc"
    lines = [
        f"{('mel', 'nv', 'bcc')[label]},p{row // 3},{','.join(map(str, [*one[row], *two[row]]))}"
        for row, label in enumerate(labels)
    ]
    table, out = tmp_path / "t.csv", tmp_path / "r.json"
    table.write_text("\n".join([header, *lines]), encoding="utf-8")
    words = ["report", str(table), "--label", "dx", "--scores", "score_", "--patient", "id"]

    assert main([*words, "--ordered", "--compare", "other_", "-o", str(out)]) == 0
    record = json.loads(out.read_text("utf-8"))
    assert record["settings"]["classes"] == ["mel", "nv", "bcc"]
    assert record["settings"]["ordered"] is True
    assert record["estimates"]["accuracy"]["value"] == np.mean(one.argmax(axis=1) == labels)
    assert record["class_comparison"]["differences"]["accuracy"]["second"]["value"] == np.mean(
        two.argmax(axis=1) == labels
    )


def test_classes_of_interest_are_named_with_their_thresholds(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each by its name, or one number for all; of two classes one positive class is named."""
    rng = np.random.default_rng(4)
    labels, raw = rng.integers(0, 3, 90), rng.random((90, 3))
    scores = np.round(raw / raw.sum(axis=1, keepdims=True), 2)
    header = "dx,id,score_mel,score_nv,score_bcc"
    lines = [
        f"{('mel', 'nv', 'bcc')[label]},p{row // 3},{','.join(map(str, scores[row]))}"
        for row, label in enumerate(labels)
    ]
    source, out = tmp_path / "t.csv", tmp_path / "r.json"
    source.write_text("\n".join([header, *lines]), encoding="utf-8")
    words = ["report", str(source), "--label", "dx", "--scores", "score_", "--patient", "id"]
    words += ["-o", str(out), "--positive", "mel"]

    own = ["--positive", "bcc", "--threshold", "bcc=0.25", "--prevalence", "mel=0.02"]
    assert main([*words, *own]) == 0
    mel, bcc = json.loads(out.read_text("utf-8"))["class_decisions"]["classes"]
    assert (mel["name"], mel["threshold"], mel["prevalence"]) == ("mel", None, 0.02)
    assert (bcc["threshold"], bcc["prevalence"]) == (0.25, None)
    told = scores[:, 2] >= 0.25
    assert bcc["confusion_matrix"]["true_positive"] == int((told & (labels == 2)).sum())
    assert main([*words, "--threshold", "0.3"]) == 0
    (mel,) = json.loads(out.read_text("utf-8"))["class_decisions"]["classes"]
    assert mel["threshold"] == 0.3
    assert main([*words, "--threshold", "0.3", "--threshold", "0.4"]) == 2
    assert "--threshold takes one number" in capsys.readouterr().err
    assert main(["report", str(table), *REPORT, "--positive", "a", "--positive", "b"]) == 2
    assert "--positive takes one class beside one score column" in capsys.readouterr().err


def test_two_classes_without_a_threshold_are_refused(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to pass."""
    words = [word for word in REPORT if word not in {"--threshold", "0.5"}]
    assert main(["report", str(table), *words]) == 2
    assert "needs --threshold" in capsys.readouterr().err


def test_several_labels_are_read_by_their_prefix(tmp_path: Path) -> None:
    """Labels and scores of three findings, some not known; one threshold goes to all."""
    rng = np.random.default_rng(5)
    labels = (rng.random((60, 3)) < 0.4).astype(int)
    scores = np.round(0.3 * labels + 0.7 * rng.random((60, 3)), 3)
    cells = labels.astype(str)
    cells[:4, 1] = ""
    names = ("mass", "node", "fluid")
    header = ["id", *(f"label_{name}" for name in names), *(f"score_{name}" for name in names)]
    lines = [",".join([f"p{row // 2}", *cells[row], *map(str, scores[row])]) for row in range(60)]
    table, out = tmp_path / "t.csv", tmp_path / "r.json"
    table.write_text("\n".join([",".join(header), *lines]), encoding="utf-8")
    words = ["report", str(table), "--labels", "label_", "--scores", "score_", "--patient", "id"]

    assert main([*words, "--threshold", "0.5", "-o", str(out)]) == 0
    record = json.loads(out.read_text("utf-8"))
    assert [each["unknown"] for each in record["each_label"]["labels"]] == [0, 4, 0]
    assert record["settings"]["thresholds"] == [0.5, 0.5, 0.5]
    assert record["estimates"]["hamming_loss"]["n"] == 176
    assert main([*words, "-o", str(tmp_path / "r.html")]) == 0
