"""A folder to hand in: report, cards, guideline forms, datasheet, and the hashes behind them."""

import csv
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from prevalens._cells import guarded
from prevalens._checks import check_choice, check_path
from prevalens._records import read_json
from prevalens._writing import whole_file, whole_folder, write_json, write_text
from prevalens.exceptions import InvalidInputError
from prevalens.images.opening import hash_file
from prevalens.predictions.predictions import Predictions
from prevalens.reports.chai_card import chai_card, chai_xml
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.croissant import croissant
from prevalens.reports.docx_file import docx_file
from prevalens.reports.guideline_forms import guideline_csv, guideline_document
from prevalens.reports.html_page import html_page
from prevalens.reports.lineage import LineageRecord, hashed, hashed_folder
from prevalens.reports.model_card import ModelCard
from prevalens.reports.report_head import ReportHead
from prevalens.reports.verification import LINEAGE, predictions_of, report_file
from prevalens.splits.partition_record import checksum_of

ANSWERS = ("base_model", "licence", "dataset", "training_data", "intended_use", "out_of_scope")


def write_dossier(
    run: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    name: str,
    root: str | os.PathLike[str] | None = None,
    also: Sequence[str | os.PathLike[str]] = (),
    answers: Mapping[str, str] | None = None,
) -> LineageRecord:
    """Write what is handed in with a study: to a journal, a reviewer, a notified body.

    The folder holds `report.html` and `.json`, `predictions.csv`, the guideline forms
    (`guidelines.html`, `.csv`, `.docx`), `model-card.md` and `.json` (Hugging Face), `chai-card.md`
    and `.xml`, `datasheet.json` (Croissant, of the predicted rows), `images.csv` and `lineage.json`
    with the hash of every file. `verify_run` checks all of it.

    Args:
        run: Folder with `report.json` and `predictions.csv`, as `prevalens study` writes them;
            its other files, such as weights and partition, are hashed and not copied.
        folder: Folder to write; made, or empty.
        name: Name of the model.
        root: Folder that image paths start from, to hash the images; None hashes none.
        also: Further files to hash, such as a lock file or weights that are elsewhere.
        answers: What only the author knows, for the cards: see `ModelCard`.

    Returns:
        The lineage that was written.

    Raises:
        InvalidInputError: the run lacks a file, the folder holds files already, or an answer has
            an unknown name.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from prevalens.predictions import Predictions
        >>> from prevalens.reports import ClinicalReport
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"],
        ...     images=["a.png", "b.png", "c.png", "d.png"],
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = Path(folder, "run")
        ...     run.mkdir()
        ...     held_out.save(run / "predictions.csv")
        ...     report.save(run / "report.json")
        ...     lineage = write_dossier(run, Path(folder, "dossier"), name="cells")
        ...     Path(folder, "dossier", "guidelines.csv").exists()
        True
    """
    source, target = Path(check_path("run", run)), Path(check_path("folder", folder))
    told = dict(answers or {})
    for key in told:
        check_choice("answers", key, ANSWERS)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidInputError(f"{target} holds files already. Name a new folder.")
    report = ClinicalReport.from_dict(read_json(report_file(source), remedy="Report anew."))
    rows = predictions_of(source / "predictions.csv", report)
    with whole_folder(target) as made:
        _write_report(report, source, made, name)
        _write_cards(report, made, name, told)
        write_json(made / "datasheet.json", _datasheet(rows, made, name, told))
        found = _write_images(rows, made, None if root is None else Path(check_path("root", root)))
        record = _lineage(report, rows, found, run=source, dossier=made, also=also)
        record.save(made / LINEAGE)
    return record


def _lineage(
    report: ClinicalReport,
    rows: Predictions,
    found: int,
    *,
    run: Path,
    dossier: Path,
    also: Sequence[str | os.PathLike[str]],
) -> LineageRecord:
    """Hash all there is, where `found` images were."""
    plain = report.to_dict()
    record = LineageRecord(
        prevalens=plain["prevalens"],
        versions=plain["provenance"]["versions"],
        settings=plain["settings"],
        predictions_sha256=plain["provenance"]["input_sha256"],
        partition_of=plain["provenance"]["partition_of"],
        images=len(rows),
        images_found=found,
        images_sha256=hash_file(dossier / "images.csv") if found else None,
        run=hashed_folder(run, without=dossier),
        also=[hashed(Path(path), Path(path).name) for path in also],
        dossier=hashed_folder(dossier),
        checksum="",
    )
    return msgspec.structs.replace(record, checksum=checksum_of(record.to_dict()))


def _write_report(report: ClinicalReport, source: Path, target: Path, name: str) -> None:
    for file in ("report.json", "predictions.csv"):
        with whole_file(target / file) as temporary:
            shutil.copyfile(source / file, temporary)
    report.save(target / "report.html")
    rows = report.to_dict().get("guidelines") or []
    form = guideline_document(rows, title=name)
    version = f"prevalens {report.to_dict()['prevalens']}"
    write_text(target / "guidelines.html", html_page(form, generator=version))
    write_text(target / "guidelines.csv", guideline_csv(rows))
    with whole_file(target / "guidelines.docx") as temporary:
        temporary.write_bytes(docx_file(form))


def _write_cards(
    report: ClinicalReport, target: Path, name: str, answers: Mapping[str, str]
) -> None:
    given: dict[str, Any] = dict(answers)
    card = ModelCard(report, name=name, **given)
    for suffix in (".md", ".json"):
        card.save(target / f"model-card{suffix}")
    if isinstance(report.record, ReportHead):  # CHAI's card is of one output
        write_text(target / "chai-card.md", chai_card(report, name=name, answers=answers))
        write_text(target / "chai-card.xml", chai_xml(report, name=name, answers=answers))


def _datasheet(
    rows: Predictions, target: Path, name: str, answers: Mapping[str, str]
) -> dict[str, Any]:
    file = target / "predictions.csv"
    with file.open(encoding="utf-8", newline="") as table:
        header = next(csv.reader(table))
    kinds = {column: _kind_of(column) for column in header}
    for column, cells in (rows.covariates or {}).items():
        kinds[guarded(column)] = "sc:Float" if cells.dtype.kind in "iuf" else "sc:Text"
    counts = ", ".join(
        f"{count} {label}"
        for label, count in zip(rows.classes, rows.class_counts.tolist(), strict=True)
    )
    whose = "independent" if rows.patients is None else f"of {rows.n_patients} patients"
    description = (
        f"{len(rows)} images {whose} ({counts}) with their labels and the scores of {name}. "
        f"Data source: {rows.provenance or 'not provided'}"
    )
    return croissant(
        name=answers.get("dataset") or f"Rows predicted by {name}",
        description=description,
        file=file.name,
        sha256=hash_file(file),
        columns=kinds,
    )


def _kind_of(column: str) -> str:
    """Return the type of a column that `Predictions.save` writes beside the covariates."""
    kinds = {"label": "sc:Integer", "score": "sc:Float", "train_prevalence": "sc:Float"}
    starts = (kind for start, kind in kinds.items() if f"{column}_".startswith(f"{start}_"))
    return next(starts, "sc:Text")


def _write_images(rows: Predictions, target: Path, root: Path | None) -> int:
    """Write the SHA-256 of each image that is there; return how many are."""
    if root is None or rows.images is None:
        return 0
    paths = [(str(name), root / str(name)) for name in rows.images.tolist()]
    found = [(name, hash_file(path)) for name, path in paths if path.is_file()]
    if not found:
        raise InvalidInputError(
            f"No image is below {root}: {paths[0][1]} and all others are missing. Correct `root`."
        )
    held = io.StringIO()
    named = [(guarded(name), sha256) for name, sha256 in found]
    csv.writer(held, lineterminator="\n").writerows([("image", "sha256"), *named])
    write_text(target / "images.csv", held.getvalue())
    return len(found)
