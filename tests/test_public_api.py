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


@pytest.mark.parametrize("stage", STAGES)
def test_the_three_lists_of_a_stage_agree(stage: str) -> None:
    """`__all__`, the lazy table and the imports for type checkers list the same names."""
    tree = ast.parse((SOURCE / stage / "__init__.py").read_text(encoding="utf-8"))
    for_types = {
        # A file exported whole is imported from the stage itself.
        alias.name: alias.name
        if node.module == f"prevalens.{stage}"
        else node.module.removeprefix(f"prevalens.{stage}.")
        for block in ast.walk(tree)
        if isinstance(block, ast.If)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    table = next(
        ast.literal_eval(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_names"
    )
    listed = importlib.import_module(f"prevalens.{stage}").__all__

    assert listed == sorted(listed)
    assert listed == sorted(table)
    assert table == for_types


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
    tree = ast.parse((SOURCE / stage / "__init__.py").read_text(encoding="utf-8"))
    table = next(
        ast.literal_eval(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_names"
    )
    taken = {name for name in table if (SOURCE / stage / f"{name}.py").exists()}

    assert taken <= {"presets"}  # a file whose functions are called by its name
