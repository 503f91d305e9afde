"""Hashes of files, and the files that no longer have them."""

import hashlib
from pathlib import Path

from prevalens.reports.lineage import HashedFile, changed_files, hashed_folder


def test_regular_files_are_hashed_in_order(tmp_path: Path) -> None:
    """Hidden ones, links and one folder are left out."""
    for name in ("b.txt", "a/c.txt", ".hidden", "out/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "b.txt")
    found = hashed_folder(tmp_path, without=tmp_path / "out")

    assert [file.path for file in found] == ["a/c.txt", "b.txt"]
    assert found[1].sha256 == hashlib.sha256(b"b.txt").hexdigest()
    assert found[1].bytes == 5


def test_a_path_that_leads_out_is_not_read(tmp_path: Path) -> None:
    """A record from elsewhere cannot make `verify` hash other files."""
    file = HashedFile(path="../../etc/hostname", bytes=1, sha256="0" * 64)

    assert next(changed_files(tmp_path, [file])).endswith(f"leads out of {tmp_path}.")


def test_a_link_in_a_circle_is_no_file(tmp_path: Path) -> None:
    """It is passed over where files are hashed, and missing where one of its name was."""
    (tmp_path / "a.txt").symlink_to("a.txt")

    assert hashed_folder(tmp_path, without=tmp_path / "b") == []
    file = HashedFile(path="a.txt", sha256="0" * 64, bytes=0)
    assert list(changed_files(tmp_path, [file])) == ["a.txt is missing."]
