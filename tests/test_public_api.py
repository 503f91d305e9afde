"""Every public name has one address, a docstring, and is found where it says."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import prevalens

SOURCE = Path(__file__).parents[1] / "src" / "prevalens"
STAGES = [
    name for name in prevalens.__all__ if name not in {"__version__", "show_versions", "versions"}
]
# These stages hold files that import Keras, so their names are looked at where a backend is.
MIXED = {
    "batches",
    "augmentation",
    "models",
    "features",
    "callbacks",
    "predictions",
    "explanations",
    "studies",
}


def stage_parameters() -> list[object]:
    """Return each stage, marked where looking at its names loads Keras."""
    return [
        pytest.param(name, marks=pytest.mark.keras) if name in MIXED else name for name in STAGES
    ]


def exports(stage: str) -> dict[str, str]:
    """Return each name of a stage's stub, as Python reads it, and the import name of its file."""
    tree = ast.parse((SOURCE / stage / "__init__.pyi").read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        assert isinstance(node, ast.ImportFrom), ast.unparse(node)
        # One name a line, exported by its own name: what the loader reads, and type checkers show.
        (alias,) = node.names
        assert alias.asname == alias.name, ast.unparse(node)
        assert alias.name not in found, f"{stage} exports {alias.name} twice"
        found[alias.name] = node.module or ""
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_offers_what_its_stub_lists(stage: str) -> None:
    """The stub is the one list: `__all__` and `dir` are its names, each of a file that is there."""
    module, listed = importlib.import_module(f"prevalens.{stage}"), exports(stage)

    assert listed
    assert module.__all__ == sorted(listed) == dir(module)
    for name, file in listed.items():
        held = f"{file}.{name}" if file == f"prevalens.{stage}" else file
        assert (SOURCE.parent / f"{held.replace('.', '/')}.py").is_file(), f"{name} from {file}"


@pytest.mark.parametrize("stage", stage_parameters())
def test_every_public_name_is_documented_and_annotated(stage: str) -> None:
    """Each public class and function has a docstring, and each of its parameters a type."""
    module = importlib.import_module(f"prevalens.{stage}")
    for name in module.__all__:
        value = getattr(module, name)
        assert inspect.getdoc(value), f"{stage}.{name} has no docstring"
        if inspect.isfunction(value):
            assert_annotated(value, f"{stage}.{name}")
        if inspect.isclass(value):
            for method_name, method in vars(value).items():
                if inspect.isfunction(method) and not method_name.startswith("_"):
                    assert method.__doc__, f"{stage}.{name}.{method_name} has no docstring"
                    assert_annotated(method, f"{stage}.{name}.{method_name}")


def assert_annotated(function: object, where: str) -> None:
    """Fail unless every parameter and the result carry a type."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    for parameter in signature.parameters.values():
        if parameter.name not in {"self", "cls"}:
            assert parameter.annotation is not parameter.empty, f"{where}({parameter.name})"
    assert signature.return_annotation is not signature.empty, f"{where} -> ?"


def test_an_unknown_name_lists_what_there_is() -> None:
    """A misspelt stage or name is an AttributeError that lists the real ones."""
    with pytest.raises(AttributeError, match="its stages"):
        _ = prevalens.splitz  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"it offers .*Partition"):
        _ = prevalens.splits.Partitions  # type: ignore[attr-defined]


def test_the_version_comes_from_the_metadata() -> None:
    """`prevalens.__version__` is what the installer wrote down."""
    assert prevalens.__version__ == importlib.import_module("importlib.metadata").version(
        "prevalens"
    )


@pytest.mark.parametrize("stage", STAGES)
def test_no_file_takes_the_name_of_what_it_holds(stage: str) -> None:
    """Importing a file sets its name on the stage, and a function of that name would be gone."""
    taken = {name for name in exports(stage) if (SOURCE / stage / f"{name}.py").exists()}

    assert taken <= {"presets"}  # a file whose functions are called by its name
