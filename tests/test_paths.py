"""Names against a folder: the same verdict as resolving each by itself."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens._paths import find_strays, is_below, is_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files, folders and links inside and out of it."""
    root = tmp_path / "root"
    (root / "deep").mkdir(parents=True)
    (tmp_path / "secret.png").write_text("x")
    for name in ("a.png", "deep/b.png", "c.npz", "x#y.png"):
        (root / name).write_text("x")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "in.png").symlink_to(root / "a.png")
    (root / "up").symlink_to(tmp_path, target_is_directory=True)
    (root / "broken.png").symlink_to(root / "nothing.png")
    (root / "astray.png").symlink_to(tmp_path / "nothing.png")
    return root


@pytest.mark.parametrize(
    ("name", "outside", "absent"),
    [
        ("a.png", False, False),
        ("./a.png", False, False),
        ("deep/../a.png", False, False),
        ("in.png", False, False),
        ("c.npz#train/17", False, False),
        ("x#y.png", False, False),
        ("none.png", False, True),
        ("broken.png", False, True),
        ("a\0b", False, True),
        ("none.npz#0", False, True),
        ("out.png", True, False),
        ("up/secret.png", True, False),
        ("../secret.png", True, False),
        ("astray.png", True, True),
        ("C:/none.png", True, True),
        ("../none.png", True, True),
        ("/etc/hostname.none", True, True),
    ],
)
def test_each_kind_of_name(root: Path, name: str, *, outside: bool, absent: bool) -> None:
    """By dots, links, as absolute paths; rows of arrays by their file."""
    found = find_strays([name], root)
    assert found.outside == [name] * outside
    assert found.absent == [name] * absent
    assert not found.irregular


@pytest.mark.parametrize(("name", "outside"), [("deep", False), ("", False), ("..", True)])
def test_folders_pipes_and_devices_are_there_but_no_files(
    root: Path, name: str, *, outside: bool
) -> None:
    """They are neither read nor absent."""
    found = find_strays([name], root)

    assert (found.irregular, found.absent, bool(found.outside)) == ([name], [], outside)
    os.mkfifo(root / "pipe.png")
    assert find_strays(["pipe.png"], root).irregular == ["pipe.png"]


def test_a_listing_finds_what_single_looks_find(root: Path) -> None:
    """Among many names of one folder the same ones stray."""
    many = [f"{k}.png" for k in range(200)]
    for name in many:
        (root / name).touch()
    odd = ["none.png", "out.png", "in.png", "deep", "astray.png", "c.npz#1", "up/secret.png"]
    alone = [find_strays([name], root) for name in odd]
    found = find_strays([*many, *odd, "s3://bucket/a.png"], root)

    for kind in ("outside", "absent", "irregular"):
        assert sorted(getattr(found, kind)) == sorted(n for f in alone for n in getattr(f, kind))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    parts=st.lists(
        st.sampled_from(
            ["..", ".", "deep", "up", "root", "a.png", "b.png", "secret.png", "out.png"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_name_is_judged_as_the_system_resolves_it(root: Path, parts: list[str]) -> None:
    """Outside where the real path is; absent where there is no regular file."""
    name = "/".join(parts)
    real = os.path.realpath(root / name)
    found = find_strays([name], root)

    assert bool(found.outside) == (os.path.commonpath([real, root]) != str(root))
    assert bool(found.absent + found.irregular) != os.path.isfile(f"{root}/{name}")  # noqa: PTH113


def test_is_file_takes_any_name(root: Path) -> None:
    """A name that cannot be is no file."""
    assert is_file(root / "in.png")
    assert not is_file(root)
    assert not is_file("a\0b")


AS_ANYBODY = """
import os, sys
from pathlib import Path
from prevalens.cohorts import read_folder
from prevalens.exceptions import PrevalensError
from prevalens.images import PixelCache
from prevalens.verbs.image_search import pictures_below

root = Path(sys.argv[1])
picture = root / "sick" / "a_1.png"
# Whatever is imported late is imported now: Python itself may be where only root may look.
PixelCache(sys.argv[2], announce=lambda _: None).open([picture], size=(2, 2))
if os.getuid() == 0:
    os.setuid(65534)
for attempt in (
    lambda: read_folder(root, positive="sick"),
    lambda: list(pictures_below(root)),
    lambda: PixelCache(root / "well" / "cache").open([picture], size=(2, 2)),
):
    try:
        print("taken", attempt())
    except PrevalensError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="rights are those of POSIX")
@pytest.mark.parametrize("mode", [0, 0o444])
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, mode: int) -> None:
    """Else a cohort would lack a class, and nothing would say so."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for picture in ("sick/a_1.png", "well/b_1.png"):
            (root / picture).parent.mkdir()
            Image.new("L", (4, 4)).save(root / picture)
        root.chmod(0o755)
        (root / "well").chmod(mode)
        try:
            done = subprocess.run(
                [sys.executable, "-c", AS_ANYBODY, name, str(tmp_path)],
                check=True,
                capture_output=True,
                text=True,
            )
        finally:
            (root / "well").chmod(0o755)
    folder, pictures, cache = done.stdout.splitlines()
    for said in (folder, pictures):
        assert f"InvalidInputError The folder {root / 'well'} cannot be read (Permission" in said
    assert f"UnwritableFileError The pixel cache {root / 'well' / 'cache'} cannot be made" in cache


def test_links_are_followed_before_a_place_is_judged(tmp_path: Path) -> None:
    """Into the folder, out of it, and round in a circle, which leads nowhere else."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, target in (("out", tmp_path / "a"), ("stays", folder / "b"), ("loop", "loop")):
        (folder / name).symlink_to(target)
    below = {name: is_below(folder / name, folder) for name in ("out", "stays", "loop", "../in")}
    assert below == {"out": False, "stays": True, "loop": True, "../in": True}
    assert not is_below(tmp_path / "inner", folder)
