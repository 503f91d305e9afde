"""prevalens dossier: a run in, a folder to hand in out."""

import argparse

from prevalens import reports

PURPOSE = "write report, cards, guideline forms, datasheet and hashes of a run, to hand in"
EXAMPLE = "runs/first --name cells --root images --also uv.lock -o dossier"
_ANSWERS = {
    "base_model": "what the weights started from",
    "licence": "licence of the weights",
    "dataset": "name of the data set",
    "training_data": "what the model was trained on",
    "intended_use": "what the model is for",
    "out_of_scope": "what it is not for",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("folder", metavar="RUN", help="holds report.json and predictions.csv")
    add("--name", required=True, metavar="TEXT", help="name of the model")
    add("--root", metavar="FOLDER", help="where image paths start, to hash the images")
    add("--also", nargs="*", default=[], metavar="FILE", help="further files to hash: a lock file")
    for name, what in _ANSWERS.items():
        add(f"--{name.replace('_', '-')}", metavar="TEXT", help=f"{what}, for the cards")
    add("-o", "--output", required=True, metavar="FOLDER", help="folder to write; new or empty")


def run(options: argparse.Namespace) -> int:
    """Write the dossier; return 0."""
    given = {name: getattr(options, name) for name in _ANSWERS}
    record = reports.write_dossier(
        options.folder,
        options.output,
        name=options.name,
        root=options.root,
        also=options.also,
        answers={name: text for name, text in given.items() if text is not None},
    )
    for file in record.dossier:
        print(f"{file.sha256[:12]}  {file.path}")  # noqa: T201
    hashes = f"{len(record.run)} files of the run, {record.images_found} of {record.images} images"
    print(f"wrote {options.output}: hashes of {hashes}")  # noqa: T201
    return 0
