"""Saved models are read in a new process."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from prevalens._keras_registration import FILES
from prevalens.augmentation import RandomAugmentation, presets

pytestmark = pytest.mark.keras
LOAD = "print(type(keras.saving.load_model(PATH).layers[0]).__module__)"


@pytest.mark.parametrize(
    "lines",
    [
        "import prevalens.augmentation\nimport keras",
        "import keras\nimport prevalens.augmentation",
        "from prevalens.augmentation import RandomAugmentation\nimport keras",
    ],
)
def test_a_saved_model_is_read_after_any_import(lines: str, tmp_path: Path) -> None:
    """Whichever of Keras and the stage comes first, and without the layer's name."""
    layer = RandomAugmentation(presets.blood_smear(), seed=0)
    model = keras.Sequential([keras.Input((16, 16, 3), dtype="uint8"), layer])
    model.save(tmp_path / "model.keras")
    program = f"{lines}\n{LOAD}".replace("PATH", repr(str(tmp_path / "model.keras")))
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert run.stdout.split()[-1] == "prevalens.augmentation.random_augmentation"


def test_the_hook_leaves_keras_as_it_is() -> None:
    """Its loader, its files and the list of finders are Python's own; it is set up once."""
    program = (
        "import sys\n"
        "from prevalens._keras_registration import register_with_keras\n"
        "register_with_keras()\n"
        "assert len([f for f in sys.meta_path if 'prevalens' in type(f).__module__]) == 1\n"
        "assert 'keras' not in sys.modules\n"
        "import keras, importlib.util, inspect\n"
        "assert not [f for f in sys.meta_path if 'prevalens' in type(f).__module__]\n"
        "assert type(keras.__spec__.loader).__name__ == 'SourceFileLoader'\n"
        "assert 'version' in inspect.getsource(keras)\n"
        f"assert set({FILES!r}) <= sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_keras_that_cannot_be_imported_is_tried_again() -> None:
    """After `import keras` failed for want of a backend, the next import registers."""
    program = (
        "import os, sys\n"
        "import prevalens\n"
        "backend = os.environ['KERAS_BACKEND']\n"
        "os.environ['KERAS_BACKEND'] = 'nothing'\n"
        "try:\n    import keras\nexcept ValueError:\n    pass\n"
        "for name in [n for n in sys.modules if n.split('.')[0] == 'keras']:\n"
        "    del sys.modules[name]\n"
        "os.environ['KERAS_BACKEND'] = backend\n"
        "import keras\n"
        "assert 'prevalens>RandomAugmentation' in keras.saving.get_custom_objects()\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
