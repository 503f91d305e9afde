"""`prevalens study`: what it reads, refuses and writes."""

import argparse
from pathlib import Path

import numpy as np
import pytest
from studies.small_network import save_network

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.study import add_arguments, read_cohort, run


def parsed(*words: str) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--positive", "sick", "-o", "out", *words])


def table(cohort: Cohort, **columns: list[str]) -> str:
    """Write a table beside the images; return its path."""
    named = {
        "image": cohort.images.tolist(),
        "label": cohort.label_names.tolist(),
        "patient": cohort.patients.tolist(),
    } | columns
    rows = [",".join(named), *(",".join(row) for row in zip(*named.values(), strict=True))]
    path = cohort.root / "images.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_a_table_of_the_usual_columns_needs_no_options(image_cohort: Cohort) -> None:
    """Image, label and patient are found by these names."""
    cohort = read_cohort(parsed(table(image_cohort)))

    assert len(cohort) == len(image_cohort)
    assert cohort.n_patients == image_cohort.n_patients
    np.testing.assert_array_equal(cohort.is_positive, image_cohort.is_positive)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    """With what the header suggests for each, and how to go without patients."""
    path = tmp_path / "images.csv"
    path.write_text("file,dx,case_id,age\na.png,sick,1,30\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as raised:
        read_cohort(parsed(str(path), "--covariates", "sex"))

    text = str(raised.value)
    for told in ("perhaps --image file", "perhaps --label dx", "perhaps --patient case_id"):
        assert told in text
    assert "--patient none" in text
    assert "no column 'sex'" in text


def test_patients_can_be_said_not_to_be(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each image is then another patient's, and that is printed."""
    cohort = read_cohort(parsed(table(image_cohort), "--patient", "none"))

    assert cohort.n_patients == len(cohort)
    assert "every image is taken as another patient's" in capsys.readouterr().out


def test_a_folder_is_read_by_a_template(image_cohort: Cohort) -> None:
    """Files `p3_17.png` below the name of their class; a template without a label is refused."""
    for row, name in enumerate(image_cohort.label_names.tolist()):
        target = image_cohort.root / name / image_cohort.images[row]
        target.parent.mkdir(exist_ok=True)
        image_cohort.path(row).rename(target)
    source = str(image_cohort.root)
    for words in ((), ("--pattern", "{label}/{patient}_{shot}.png")):
        cohort = read_cohort(parsed(source, *words))
        assert len(cohort) == len(image_cohort)
        assert set(cohort.patients.tolist()) == set(image_cohort.patients.tolist())
    with pytest.raises(InvalidInputError, match="label"):
        read_cohort(parsed(source, "--pattern", "{patient}_{shot}.png"))


def three_classes(cohort: Cohort) -> str:
    """Return a table whose well patients are well or so-so."""
    labels = [
        "sick" if sick else "so-so" if int(who[1:]) % 2 else "well"
        for sick, who in zip(cohort.is_positive, cohort.patients, strict=True)
    ]
    return table(cohort, label=labels)


def test_several_classes_ask_for_the_other(image_cohort: Cohort) -> None:
    """The rest together, or one of them; a misspelt one is refused."""
    source = three_classes(image_cohort)
    with pytest.raises(InvalidInputError, match="Say --versus rest"):
        read_cohort(parsed(source))
    rest = read_cohort(parsed(source, "--versus", "rest"))
    one = read_cohort(parsed(source, "--versus", "well"))
    with pytest.raises(InvalidInputError, match="got 'wel'"):
        read_cohort(parsed(source, "--versus", "wel"))

    assert len(rest.classes) == len(one.classes) == 2
    assert len(rest) == len(image_cohort)
    assert set(one.label_names.tolist()) == {"sick", "well"}
    assert rest.is_positive.sum() == one.is_positive.sum() == image_cohort.is_positive.sum()


@pytest.mark.keras
def test_a_study_from_the_shell(
    image_cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan alone, then its run on resuming; without --resume a full folder is refused."""
    words = [table(image_cohort), "--weights", str(save_network(tmp_path / "net.keras"))]
    out = ["-o", str(tmp_path / "run")]

    assert run(parsed(*words, "--plan-only", *out)) == 0
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["plan.json"]
    with pytest.raises(InvalidInputError, match=r"is not empty. Go on with --resume"):
        run(parsed(*words, *out))
    assert run(parsed(*words, "--resume", *out)) == 0
    assert (tmp_path / "run" / "report.json").is_file()
    told = capsys.readouterr().out
    assert "auroc within folds" in told
    assert "auroc of thumbnail" in told
