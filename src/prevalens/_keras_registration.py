"""Registers with Keras what saved models hold, as soon as Keras is there; loads none itself."""

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# Files whose classes `keras.saving.load_model` must find. Keras looks among the registered ones
# only, and imports nothing by itself.
FILES = (
    "prevalens.augmentation.random_augmentation",
    "prevalens.models.classifier_file",
    "prevalens.models.logit_adjusted_loss",
    "prevalens.models.mean_log_odds",
)


def register_with_keras() -> None:
    """Import `FILES` now where Keras is imported, else right after it will be."""
    if "keras" in sys.modules:
        _import_files()
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Finds Keras as Python does, and adds a last step to its import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != "keras" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)
            return spec
        spec.loader = _Then(spec.loader, self)
        return spec


class _Then(importlib.abc.Loader):
    """Another loader, after which `FILES` are imported."""

    def __init__(self, loader: importlib.abc.Loader, finder: _AfterKeras) -> None:
        self._loader, self._finder = loader, finder

    def __getattr__(self, name: str) -> object:
        # What else is asked of a loader: the source, the path of a resource.
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make the module as the other loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then import the files; where it fails, wait for the next try."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        try:
            self._loader.exec_module(module)
        except BaseException:
            sys.meta_path.insert(0, self._finder)
            raise
        _import_files()


def _import_files() -> None:
    loaded = [sys.modules[name] for name in FILES if name in sys.modules]
    # One that is just being imported is not whole yet, and others may need it: they follow when
    # `prevalens._lazy` hands out its next name.
    if not any(getattr(module.__spec__, "_initializing", False) for module in loaded):
        for name in FILES:
            importlib.import_module(name)
