"""What is installed here: the lines a bug report and a run's record need."""

import importlib.metadata
import os
import platform

PACKAGES = (
    "prevalens",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "imbalanced-learn",
    "pillow",
    "jax",
    "torch",
    "tensorflow",
    "tensorflow-cpu",
    "matplotlib",
    "opencv-python-headless",
    "pydicom",
)


def versions() -> dict[str, str | None]:
    """Return the version of Python, of the system, and of each package; None where absent.

    Nothing is imported: the versions come from the packages' metadata.

    Examples:
        >>> "numpy" in versions()
        True
    """
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND"),
    }
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def show_versions() -> None:
    """Print what is installed, for a bug report.

    Examples:
        >>> show_versions()
        python...
    """
    for name, version in versions().items():
        print(f"{name:24} {version or 'none'}")  # noqa: T201
