"""Every public function and method says what it takes in place of the text it was given."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from test_public_api import STAGES

from prevalens.exceptions import InvalidInputError
from prevalens.splits import (
    ImageHoldout,
    ImageKFold,
    PatientHoldout,
    PatientKFold,
    RepeatedPatientHoldout,
    RepeatedPatientKFold,
)

pytestmark = pytest.mark.keras

KINDS = ("Cohort", "Predictions", "ClinicalReport", "StudyPlan")
SPLITTERS = (
    ImageHoldout,
    ImageKFold,
    PatientHoldout,
    PatientKFold,
    RepeatedPatientHoldout,
    RepeatedPatientKFold,
)
# Records that the library fills itself; what users give is checked where they give it.
RECORDS = {"CrossPredictions", "Duplicates", "Fold", "ImageFeatures", "LearningCurve", "Study"}


def doors(stage: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions, classes and class methods of a stage by name."""
    module = importlib.import_module(f"prevalens.{stage}")
    for name in set(module.__all__) - RECORDS:
        thing = getattr(module, name)
        if callable(thing):
            yield name, thing
        if inspect.isclass(thing):
            for part, kind in vars(thing).items():
                if isinstance(kind, classmethod | staticmethod) and not part.startswith("_"):
                    yield f"{name}.{part}", getattr(thing, part)


def taken(door: Callable[..., Any]) -> tuple[str, list[str], dict[str, str]] | None:
    """Return the kind that a door takes first, and a text for everything it needs."""
    try:
        needed = [
            p
            for p in inspect.signature(door).parameters.values()
            if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
        ]
    except ValueError:  # of C
        return None
    kinds = [str(getattr(p.annotation, "__name__", p.annotation)) for p in needed[:1]]
    if not kinds or kinds[0] not in KINDS:
        return None
    named = {p.name: "cells" for p in needed if p.kind is p.KEYWORD_ONLY}
    return kinds[0], ["cells"] * (len(needed) - len(named)), named


@pytest.mark.parametrize("stage", STAGES)
def test_a_text_in_place_of_an_object_is_refused_by_its_kind(stage: str) -> None:
    """A path where a cohort is asked for is the commonest slip; no door answers by a traceback."""
    wrong = []
    for name, door in doors(stage):
        if (asked := taken(door)) is None:
            continue
        kind, texts, named = asked
        try:
            door(*texts, **named)
        except InvalidInputError as error:
            if f"must be a {kind}" not in str(error):
                wrong.append(f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 - what a user would see
            wrong.append(f"{name}: {type(error).__name__}: {error}")
        else:
            wrong.append(f"{name}: took it")

    assert wrong == []


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda kind: kind.__name__)
def test_a_splitter_is_told_that_it_needs_a_cohort(splitter: Callable[..., Any]) -> None:
    """The refusal says how a cohort is made."""
    split = splitter()
    with pytest.raises(InvalidInputError, match=r"be a Cohort, got the text 'cells'\. Read one"):
        split.partition("cells") if hasattr(split, "partition") else next(split.partitions("cells"))


def given_path(door: Callable[..., Any], place: inspect.Parameter, path: object) -> Any:
    """Call a door with a path in one place, and a text for everything else it needs."""
    kinds = inspect.signature(door).parameters.values()
    given: dict[str, object] = {
        p.name: "cells"
        for p in kinds
        if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
    }
    given[place.name] = [path] if "Sequence" in str(place.annotation) else path
    return door(**given)


@pytest.mark.parametrize("path", [b"cells.csv", 10**6, 1.5, ["cells.csv"], ""], ids=repr)
@pytest.mark.parametrize("stage", STAGES)
def test_what_is_no_path_is_refused_as_none(stage: str, path: object) -> None:
    """Bytes, the number of an open file, a list, an empty text: by no door a traceback."""
    wrong = []
    for name, door in doors(stage):
        try:
            places = list(inspect.signature(door).parameters.values())
        except ValueError:  # of C
            continue
        for place in [place for place in places if "PathLike" in str(place.annotation)]:
            # A table in memory may be a list, and an empty text is the folder one is in.
            if path in ("", ["cells.csv"]) and place.name in {"source", "root"}:
                continue
            try:
                given_path(door, place, path)
            except InvalidInputError:
                continue
            except Exception as error:  # noqa: BLE001 - what a user would see
                wrong.append(f"{name}({place.name}): {type(error).__name__}: {error}")
            else:
                wrong.append(f"{name}({place.name}): took it")

    assert wrong == []
