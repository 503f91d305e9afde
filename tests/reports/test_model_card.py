"""Model cards: the report's estimates, a hub's fields, and no made-up answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard
from prevalens.reports.estimate_text import interval_text, value_text
from prevalens.reports.model_card import CardRecord
from prevalens.splits import Partition

CLASSIFIER: dict[str, Any] = {
    "classes": ("well", "sick"),
    "threshold": 0.5,
    "threshold_origin": "validation rows: sensitivity 0.95",
    "train_prevalence": 0.4,
    "prevalence": None,
    "temperature": 1.5,
}


def told(**changes: Any) -> Predictions:
    """Four patients, whose estimates are counted by hand: AUROC 3/4, sensitivity 1/2."""
    made = Predictions(
        labels=[0, 0, 1, 1],
        scores=[0.1, 0.4, 0.35, 0.8],
        patients=["a", "b", "c", "d"],
        classes=("well", "sick"),
        provenance="Four rows of a test",
    )
    return replace(made, **changes)


def card_of(predictions: Predictions | None = None, **fields: Any) -> ModelCard:
    """Write a card of a report at threshold 0.5."""
    report = ClinicalReport(
        told() if predictions is None else predictions,
        threshold=0.5,
        threshold_origin=fields.pop("threshold_origin", "pre-specified"),
    )
    return ModelCard(report, **{"name": "cells", **fields})


def front_matter(card: ModelCard) -> dict[str, Any]:
    """Read the metadata above the Markdown."""
    _, head, _ = str(card).split("---\n", 2)
    pairs = [line.split(": ", 1) for line in head.splitlines()]
    return {key: json.loads(value) for key, value in pairs}


def test_the_metadata_are_the_hubs() -> None:
    """Name, task, tags and metrics stand where Hugging Face reads them, intervals in the names."""
    metadata = front_matter(card_of(licence="apache-2.0", base_model="google/efficientnet-b3"))

    assert metadata["library_name"] == "keras"
    assert metadata["pipeline_tag"] == "image-classification"
    assert metadata["license"] == "apache-2.0"
    assert metadata["base_model"] == "google/efficientnet-b3"
    (entry,) = metadata["model-index"]
    (result,) = entry["results"]
    metrics = {metric["type"]: metric for metric in result["metrics"]}
    assert entry["name"] == "cells"
    assert set(result["dataset"]) == {"type", "name", "split"}
    assert metrics["recall"]["value"] == 0.5
    assert metrics["roc_auc"]["value"] == 0.75
    assert metrics["roc_auc"]["name"].startswith("AUROC (95 % interval: ")


def test_yaml_reads_the_metadata_alike() -> None:
    """A YAML reader gets what the record holds, whatever a name contains."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    card = card_of(name="a: 'b' \"c\" # \u00e9 \U0001f600", licence="no")

    _, head, _ = str(card).split("---\n", 2)
    assert yaml.safe_load(head) == card.to_dict()["metadata"]


def test_every_estimate_stands_with_its_interval(predictions: Predictions) -> None:
    """Each estimable estimate of the three tables is written with its limits."""
    card = card_of(predictions)
    page = str(card).replace("\\", "")

    for key, estimate in card.report.record.estimates.items():
        if estimate.value is not None and key not in {"prevalence", "net_benefit"}:
            assert value_text(estimate) in page
            assert interval_text(estimate) in page


def test_what_is_not_estimable_is_no_metric() -> None:
    """Without positives there is no sensitivity: the table says so, the hub gets no number."""
    card = card_of(told(labels=[0, 0, 0, 0]))

    types = {one["type"] for one in front_matter(card)["model-index"][0]["results"][0]["metrics"]}
    assert "recall" not in types
    assert "roc_auc" not in types
    assert "| Sensitivity | not estimable |" in str(card)


def test_answers_are_never_made_up() -> None:
    """Intended use is the author's: missing, it is said to be; given, it is quoted."""
    empty, full = card_of(), card_of(intended_use="Second reading of smears.", licence="mit")

    assert "## Intended use\n\n> **To be completed by the authors.**" in str(empty)
    assert {"intended_use", "out_of_scope", "licence"} <= set(empty.to_dict()["unanswered"])
    assert "license" not in front_matter(empty)
    assert "## Intended use\n\nSecond reading of smears." in str(full)
    assert "intended_use" not in full.to_dict()["unanswered"]


def test_synthetic_images_are_said_first() -> None:
    """A synthetic provenance leads the page, tags the metadata and warns against use."""
    card = card_of(told(provenance="Synthetic: drawn by make_cells"))
    page = str(card)

    assert page.index("> **The images are synthetic.") < page.index("## Model details")
    assert "do not use it" in page
    assert "synthetic-data" in front_matter(card)["tags"]
    metrics = front_matter(card)["model-index"][0]["results"][0]["metrics"]
    assert all("synthetic images" in metric["name"] for metric in metrics)
    assert "synthetic-data" not in front_matter(card_of())["tags"]


def test_an_exploratory_threshold_is_a_limitation() -> None:
    """The record's own warnings stand under the risks."""
    assert "The threshold is exploratory" in str(card_of(threshold_origin="exploratory"))
    assert "The threshold is exploratory" not in str(card_of())


def test_the_classifier_is_described() -> None:
    """Threshold, its origin, temperature and training share come from the classifier's card."""
    page = str(card_of(classifier=CLASSIFIER)).replace("\\", "")

    assert "- Threshold origin: validation rows: sensitivity 0.95" in page
    assert "- Temperature: 1.5" in page
    assert "Share of positives in the training batches: 40.0 %." in page


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"threshold": 0.4}, r"`threshold` is 0\.4, but the report's is 0\.5"),
        ({"classes": ("sick", "well")}, r"`classes` is \('sick', 'well'\)"),
        ({"classes": None}, "`classes` is None"),
    ],
)
def test_estimates_about_other_calls_are_refused(change: dict[str, Any], text: str) -> None:
    """A card never joins a classifier with estimates at another threshold or of other classes."""
    with pytest.raises(InvalidInputError, match=text):
        card_of(classifier={**CLASSIFIER, **change})


def test_markdown_and_json_are_written_whole(tmp_path: Path) -> None:
    """The files hold the page and the record; another suffix is refused."""
    card = card_of(classifier=CLASSIFIER)
    card.save(tmp_path / "card.md")
    card.save(tmp_path / "card.json")

    assert (tmp_path / "card.md").read_text(encoding="utf-8") == str(card)
    assert json.loads((tmp_path / "card.json").read_text(encoding="utf-8")) == card.to_dict()
    assert repr(card) == "ModelCard('cells', 6 unanswered)"
    with pytest.raises(InvalidInputError, match=r"'\.md', '\.json', got '\.html'"):
        card.save(tmp_path / "card.html")


def test_data_are_no_markup() -> None:
    """A hostile name is text in the page, and one line in the metadata."""
    card = card_of(name="<img src=x>\n---\nlicense: mit")

    assert r"# Model card: \<img src=x\> --- license: mit" in str(card)
    assert "license" not in front_matter(card)


def test_subgroups_and_crossing_patients_stand_on_the_card(predictions: Predictions) -> None:
    """What was evaluated by group is shown, and a partition that leaks is a limitation."""
    rows = np.arange(len(predictions))
    parts = {
        crossing: Partition(
            train=rows + len(rows),
            validation=np.array([], int),
            test=rows,
            cohort_fingerprint="x",
            n_rows=2 * len(rows),
            patients_crossing=crossing,
        )
        for crossing in (0, 2)
    }
    reports = {
        crossing: ClinicalReport(predictions, threshold=0.5, partition=part, by=("site",))
        for crossing, part in parts.items()
    }
    leaky, whole = (str(ModelCard(reports[crossing], name="cells")) for crossing in (2, 0))

    assert "2 patients have images in more than one part" in leaky
    assert "2 patients have images" not in whole
    assert "## Subgroups" in whole
    assert "No subgroup was evaluated" not in whole
    assert "## Subgroups" not in str(card_of())
    assert "No subgroup was evaluated" in str(card_of())


def test_a_report_that_holds_everything_lacks_nothing(predictions: Predictions) -> None:
    """The list of what is missing goes where nothing is."""
    whole = ClinicalReport(predictions, threshold=0.5)
    object.__setattr__(whole, "record", msgspec.structs.replace(whole.record, not_included=[]))

    assert "Not included in the report" not in str(ModelCard(whole, name="cells"))
    assert "Not included in the report" in str(card_of())


def test_a_card_is_read_strictly() -> None:
    """What `to_dict` gave is a card's record; an answer of another type is named."""
    plain = json.loads(json.dumps(card_of().to_dict()))

    assert CardRecord.from_dict(plain) == card_of().record
    plain["answers"]["licence"] = 3
    with pytest.raises(InvalidInputError, match=r"answers\.licence"):
        CardRecord.from_dict(plain)


def test_a_report_of_grades_makes_a_card_of_all(of_grades: ClinicalReport) -> None:
    """The lead says that the classes are grades, and the task lists them."""
    text = str(ModelCard(of_grades, name="skin"))
    assert "Grades, from the lowest: " in text
    assert "Task: tell which of several grades, from the lowest, one image is of: " in text
