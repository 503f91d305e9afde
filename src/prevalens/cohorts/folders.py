"""From a folder of images to a cohort."""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from prevalens._checks import check_choice, check_path, name_some
from prevalens._columns import as_texts
from prevalens._paths import is_below, walk
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.hidden_patients import warn_of_hidden_ids
from prevalens.cohorts.image_names import escaped, file_of, spelled
from prevalens.cohorts.path_pattern import compiled, is_template, otherwise
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.images.decoding import SUFFIXES
from prevalens.images.dicom_file import HEAD, dicom_patient, is_dicom_head
from prevalens.images.many_files import map_files
from prevalens.images.opening import open_picture
from prevalens.images.readers.reader import Reader

# How files of images begin that have lost their suffix; DICOM's mark follows after 128 bytes.
_IMAGE = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|\0\0\0\x0cjP", re.DOTALL
)
_STRANGE = ("linked folder", "file linked from outside", "pipe or device")
_LEFT_OUT = ("other file", "hidden file", "hidden folder", *_STRANGE)
_BY_FOLDER = r"(?P<label>[^/]+)/(?P<patient>[^/_]+)_[^/]*"


def read_folder(
    root: str | os.PathLike[str],
    pattern: str = _BY_FOLDER,
    *,
    positive: str,
    ignore: str | None = None,
    patients_from: str = "pattern",
    classes: Sequence[str] = (),
    follow_links: bool = False,
    reader: Reader | None = None,
) -> Cohort:
    r"""Read a cohort from the paths of the images in a folder.

    Nothing is left out in silence: `provenance` counts and names hidden files and folders and
    other files; linked folders, and links to files outside the folder, are warned of.

    Args:
        root: The folder; it is searched to any depth for files with an image's suffix, or that
            begin as images do (DICOM files often have no suffix).
        pattern: A template such as `"{label}/{patient}_{shot}.png"`, in which `*` stands for
            anything but `/` and `**/` for any folders; or a regular expression. Each path below
            `root`, with forward slashes, matches it from start to end. The name or named group
            `patient` is the patient's id, `label` the class; every other one becomes a
            covariate. The default is `"{label}/{patient}_*"` with no `_` in the id.
        positive: The class whose miss is the costly error.
        ignore: Regular expression of paths to leave out, for example `r".*_mask\.png"`.
        patients_from: `"pattern"`, or `"dicom"` to read each id from the file's DICOM header; the
            pattern then has no group `patient`.
        classes: Class names, where not all occur or their order matters.
        follow_links: Whether folders that are links are searched too, each once, and links to
            files outside `root` are read. Links to files below it are read in any case.
        reader: What reads the images, see `Cohort`; files that it matches are images too.

    Returns:
        The cohort, in the order of the sorted paths.

    Raises:
        InvalidInputError: there is no such folder, no image in it, one below it may not be read,
            the pattern lacks a group, `ignore` matches nothing or everything, or some images match
            neither pattern nor `ignore`; the text shows three of them.
        UnreadableImageError: a DICOM header names no patient; the text names every such file.

    Warns:
        DataWarning: linked folders, links to files outside `root`, pipes or devices were left
            out, a template fits some paths in more than one way, or each image is another
            patient's although file names share what may be ids.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("sick/p1_1.png", "sick/p1_2.png", "well/p2_1.png"):
        ...         Path(folder, name).parent.mkdir(exist_ok=True)
        ...         Image.new("RGB", (8, 8)).save(Path(folder, name))
        ...     read_folder(folder, positive="sick")
        Cohort(3 images of 2 patients: well 1, sick 2)
    """
    from_header = check_choice("patients_from", patients_from, ("pattern", "dicom")) == "dicom"
    folder = Path(check_path("root", root))
    wanted = compiled(pattern, needs=("label",) if from_header else ("patient", "label"))
    if from_header and "patient" in wanted.groupindex:
        raise InvalidInputError(
            "The patient comes from the pattern or from the header, but the pattern "
            f"{pattern!r} names a group `patient` too. Leave one of them out."
        )
    skipped = None if ignore is None else compiled(ignore, needs=())
    everything, left_out = images_below(folder, follow_links=follow_links, reader=reader)
    wanted_paths = [p for p in everything if not (skipped and skipped.fullmatch(escaped(p)))]
    paths = _one_spelling_each(wanted_paths)
    left_out["ignored file"] = sorted(set(everything) - set(wanted_paths))
    if skipped and len(left_out["ignored file"]) in {0, len(everything)}:
        raise InvalidInputError(
            f"`ignore` must leave out some images, but {ignore!r} matches "
            f"{len(left_out['ignored file'])} of {len(everything)} paths from start to end, such "
            f"as {name_some(everything, limit=2)}. Write what stands around it, as in r'.*_mask.*'."
        )
    warn_of_links(left_out, followed=follow_links)
    found = [wanted.fullmatch(path) for path in paths]
    strangers = [path for path, match in zip(paths, found, strict=True) if match is None]
    if strangers:
        raise InvalidInputError(
            f"Every image must match the pattern, but {len(strangers)} of {len(paths)} do not: "
            f"{name_some(strangers, limit=3)}; the pattern is {pattern!r}. Correct the pattern, "
            "or name what to leave out in `ignore`."
        )
    groups = [match.groupdict() for match in found if match is not None]
    names = [name for name in wanted.groupindex if name not in {"patient", "label"}]
    if is_template(pattern):
        _warn_of_other_readings(paths, groups, pattern)
    if from_header:
        patients = map_files(dicom_patient, [file_of(folder, path) for path in paths])
    else:
        patients = [group["patient"] for group in groups]
        if len(set(patients)) == len(paths):
            warn_of_hidden_ids(paths)
    return Cohort(
        images=as_texts(paths),
        labels=as_texts(group["label"] for group in groups),
        patients=as_texts(patients),
        positive=positive,
        classes=tuple(classes),
        covariates={name: [g[name] for g in groups] for name in names},  # type: ignore[misc]
        root=folder,
        reader=reader,
        provenance=f"{len(paths)} images read from the folder {escaped(folder.resolve().name)}."
        f"{_sentence(left_out)}".removesuffix("."),
    )


def warn_of_links(left_out: Mapping[str, list[str]], *, followed: bool) -> None:
    """Warn of what was left out although it may hold images."""
    strange = {kind: left_out[kind] for kind in _STRANGE}
    if any(strange.values()):
        warnings.warn(
            f"Not everything in the folder was read.{_sentence(strange)} "
            + (
                "What is linked twice, or stands below the folder, is read once."
                if followed
                else "Pass follow_links=True (--allow-outside) to read what is linked."
            ),
            DataWarning,
            stacklevel=3,
        )


def _warn_of_other_readings(
    paths: Sequence[str], groups: Sequence[Mapping[str, str]], template: str
) -> None:
    """Warn where p_1_2 may be shot 1_2 of p or shot 2 of p_1."""
    longest = otherwise(template)
    pairs = [(longest.fullmatch(path), group) for path, group in zip(paths, groups, strict=True)]
    other = [row for row, (read, group) in enumerate(pairs) if read and read.groupdict() != group]
    if other:
        read = pairs[other[0]][0]
        warnings.warn(
            f"The template {template!r} fits {len(other)} of {len(paths)} paths in more than one "
            f"way: {paths[other[0]]!r} was read as {groups[other[0]]}, and may mean "
            f"{read.groupdict() if read else {}}. Where that is wrong, write a regular expression.",
            DataWarning,
            stacklevel=3,
        )


def images_below(
    root: Path, *, follow_links: bool, reader: Reader | None = None
) -> tuple[list[str], dict[str, list[str]]]:
    """Return the sorted paths of images below `root`, and what was left out by kind.

    Raises:
        InvalidInputError: there is no such folder, or no image in it; or one may not be read.
    """
    if not root.is_dir():
        raise InvalidInputError(f"The folder {root} does not exist. Check the path.")
    found: list[str] = []
    left_out: dict[str, list[str]] = {kind: [] for kind in _LEFT_OUT}
    seen = [Path(os.path.realpath(root))]
    for folder, folders, names in walk(root, follow_links=follow_links):
        below = Path(folder).relative_to(root)
        for name in folders.copy():
            kind = _folder_kind(Path(folder, name), seen, follow_links=follow_links)
            if kind is not None:
                left_out[kind].append((below / name).as_posix())
                folders.remove(name)
        for name in names:
            kind = _file_kind(Path(folder, name), reader)
            if kind is None and not follow_links and _leads_out(Path(folder, name), root):
                kind = "file linked from outside"
            (found if kind is None else left_out[kind]).append((below / name).as_posix())
    if not found:
        raise InvalidInputError(
            f"The folder {root} holds no image. Give the folder above the images; suffixes "
            f"looked for: {' '.join(sorted(SUFFIXES))}.{_sentence(left_out)}"
        )
    return sorted(found), left_out


def _folder_kind(path: Path, seen: list[Path], *, follow_links: bool) -> str | None:
    """Return why a folder is left out, or None where it is read."""
    if path.name.startswith("."):
        return "hidden folder"
    if not path.is_symlink():
        return None
    real = Path(os.path.realpath(path))
    if not follow_links or any(map(real.is_relative_to, seen)):
        return "linked folder"
    seen.append(real)
    return None


def _leads_out(path: Path, root: Path) -> bool:
    """Return whether a file is a link to one that is not below the folder."""
    return path.is_symlink() and not is_below(path, root)


def _file_kind(path: Path, reader: Reader | None) -> str | None:
    """Return why a file is left out, or None where it is an image."""
    # A leading dot hides a file: macOS writes ._scan.png beside scan.png.
    if path.name.startswith("."):
        return "hidden file"
    if reader is not None:
        return None if path.is_file() and reader.matches(str(path)) else "other file"
    if path.suffix.lower() in SUFFIXES:
        return None if path.is_file() or path.is_symlink() else "pipe or device"
    try:
        if not path.is_file():
            return "pipe or device" if path.exists() else "other file"
        with open_picture(str(path)) as opened:
            head = opened.read(HEAD)
    except OSError:
        return "other file"
    return None if _IMAGE.match(head) or is_dicom_head(head) else "other file"


def _plural(kind: str) -> str:
    noun = next(noun for noun in ("pipe", "folder", "file") if noun in kind)
    return kind.replace(noun, f"{noun}s").replace("device", "devices")


def _sentence(left_out: Mapping[str, list[str]]) -> str:
    parts = [
        f"{len(paths)} {kind if len(paths) == 1 else _plural(kind)} "
        f"({name_some(sorted(paths), limit=3)})"
        for kind, paths in left_out.items()
        if paths
    ]
    return f" Left out: {', '.join(parts)}." if parts else ""


def _one_spelling_each(paths: Sequence[str]) -> list[str]:
    """Return paths as a cohort spells them, or name those it would spell as another file."""
    names = spelled(paths)
    other = [path for path, name in zip(paths, names, strict=True) if name != escaped(path)]
    if other:
        raise InvalidInputError(
            f"A file's name must hold no backslash and neither begin nor end with a blank, but "
            f"{len(other)} do: {name_some(other, limit=3)}. Rename them, or name them in `ignore`."
        )
    return names
