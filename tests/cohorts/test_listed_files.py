"""Files that a table names: below the folder, there, and files."""

import os
from pathlib import Path

import pytest

from prevalens.cohorts.listed_files import check_files
from prevalens.exceptions import InvalidInputError, UnreadableImageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of 200 files in two folders, and one file beside it."""
    for k in range(200):
        path = tmp_path / "root" / f"f{k % 2}" / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "secret.png").touch()
    return tmp_path / "root"


NAMES = [f"f{k % 2}/{k}.png" for k in range(200)]


def refusal(names: list[str], root: Path, *, must_exist: bool = True) -> str:
    """Return the refusal's text, empty where there is none."""
    try:
        check_files(names, root, allow_outside=False, must_exist=must_exist)
    except (InvalidInputError, UnreadableImageError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("few", [True, False])
def test_the_same_is_found_by_a_listing_and_by_single_looks(root: Path, few: bool) -> None:
    """Missing files, links that lead out, links that stay, folders: by either way."""
    (root / "f0" / "out.png").symlink_to(root.parent / "secret.png")
    (root / "f0" / "in.png").symlink_to(root / "f0" / "0.png")
    (root / "f0" / "dangling.png").symlink_to(root / "f0" / "gone.png")
    (root / "f0" / "loop.png").symlink_to(root / "f0" / "loop.png")
    names = NAMES[:6] if few else NAMES

    assert refusal(names, root) == ""
    assert refusal([*names, "f0/in.png"], root) == ""
    assert "1 lead out of it: 'f0/out.png'" in refusal([*names, "f0/out.png"], root)
    assert "- f0/dangling.png" in refusal([*names, "f0/dangling.png"], root)
    assert "- f0/loop.png" in refusal([*names, "f0/loop.png"], root)
    assert "- f0/gone.png\n- f7/x.png" in refusal([*names, "f0/gone.png", "f7/x.png"], root)
    assert refusal([*names, "f0/gone.png"], root, must_exist=False) == ""
    assert "'f0' " not in refusal([*names, "f0"], root)
    assert "regular file, but 1 are not" in refusal([*names, "f0"], root)


def test_linked_folders_that_lead_out_are_named(root: Path) -> None:
    """Every name through such a folder leads out, also where files are not asked for."""
    (root / "away").symlink_to(root.parent)

    assert "1 lead out" in refusal([*NAMES, "away/secret.png"], root, must_exist=False)
    check_files(["away/secret.png"], root, allow_outside=True, must_exist=True)


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret.png", "C:/scans/a.png", "f0/../../x"])
def test_names_that_lead_out_by_themselves(root: Path, name: str) -> None:
    """Absolute ones, of Windows too, and by two dots."""
    assert "lead out" in refusal([*NAMES, name], root, must_exist=False)


def test_parts_of_files_and_addresses_elsewhere(root: Path) -> None:
    """`a.npz#images/3` is a file and what is meant in it; `s3://...` is no file here."""
    (root / "a.npz").touch()

    assert refusal(["a.npz#3", "s3://bucket/a.png"], root) == ""
    assert "- b.npz#3" in refusal(["a.npz#1", "b.npz#3"], root)


def test_a_folder_that_may_not_be_looked_at_is_no_missing_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files may well be there; the system says why it does not tell."""

    def closed(path: object, *args: object, **settings: object) -> os.stat_result:
        if "f1" in Path(str(path)).parts:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, *args, **settings)  # type: ignore[call-overload, no-any-return]

    look = os.stat
    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, closed)
    told = refusal(["f0/0.png", "f1/1.png", "f1/3.png"], root)
    assert "Whether 2 images are there cannot be seen, such as" in told
    assert "1.png (Permission denied). Ask for the right to read their folder." in told
