"""Everything that is checked, one session each: `nox -l` lists them."""

import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
# uv is several times faster where it is installed; environments are kept between runs.
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
# A Python that a machine does not have is skipped, and named, there and in CI.
nox.options.error_on_missing_interpreters = False

BACKENDS = {
    "tensorflow": ".[tensorflow]",
    "jax": ".[jax]",
    # Named so that a machine that keeps a CPU build of this version at hand takes it.
    "torch": "torch==2.13.0",
}
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
IN_WHEEL = [
    "prevalens/py.typed",
    "prevalens/metrics/__init__.pyi",
    "prevalens/reports/templates/page.css",
    "prevalens/reports/templates/page.html",
    "prevalens/reports/templates/page.js",
    ".dist-info/licenses/LICENSE",
]
IN_SDIST = [
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "noxfile.py",
    "docs/conf.py",
    "examples/cnmc_all.py",
    "src/prevalens/py.typed",
    "tests/test_architecture.py",
    "tests/files/write_files.py",
    ".github/CITATION.cff",
]


def install_backend(session: nox.Session, backend: str, *extras: str) -> dict[str, str]:
    """Install prevalens with one backend; return the environment that selects it."""
    session.install(BACKENDS[backend])
    session.install("-e", f".[{','.join(('test', *extras))}]")
    return {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}


@nox.session
@nox.parametrize("backend", list(BACKENDS), ids=list(BACKENDS))
def tests(session: nox.Session, backend: str) -> None:
    """Run the whole suite on one Keras backend."""
    env = install_backend(session, backend)
    session.run("pytest", "-n", "auto", *session.posargs, env=env)


@nox.session
def no_backend(session: nox.Session) -> None:
    """Run the stages that need no Keras where no backend is installed."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "auto", "-m", "not keras", *session.posargs)


@nox.session(python=PYTHONS, default=False)
@nox.parametrize("backend", ["none", *BACKENDS], ids=["none", *BACKENDS])
def every_python(session: nox.Session, backend: str) -> None:
    """Run the suite on every Python that is here; `-s every_python-3.13` runs one."""
    if backend == "none":
        no_backend(session)
    else:
        env = install_backend(session, backend)
        session.run("pytest", "-n", "auto", *session.posargs, env=env)


@nox.session(default=False)
@nox.parametrize("backend", list(BACKENDS), ids=list(BACKENDS))
def kills(session: nox.Session, backend: str) -> None:
    """Kill a training and a study at 20 random moments; compare with runs never killed."""
    env = install_backend(session, backend)
    # The captured log tells the seed and each moment; PREVALENS_KILLS_SEED replays them.
    session.run(
        "pytest", "-rP", "tests/callbacks/test_training_backup.py",
        "tests/studies/test_killed_study.py", "-k", "killed or full_disk",
        *session.posargs, env={"PREVALENS_KILLS": "20", **env},
    )  # fmt: skip


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure branch coverage over the three backends together, with every extra."""
    session.install(*BACKENDS.values())
    session.install("-e", ".[test,plot,dicom,fast,onnx,onnx-jax]")
    parts: list[str] = []
    for backend in BACKENDS:
        # What needs no Keras runs once, beside the first backend.
        marked = ["-m", "keras"] if parts else []
        parts.append(f".coverage-{backend}")
        env = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "COVERAGE_FILE": parts[-1]}
        session.run("pytest", "-n", "auto", *marked, "--cov", "--cov-report=", env=env)
    session.run("coverage", "combine", *parts)
    session.run("coverage", "report", "--show-missing", "--skip-covered", "--fail-under=98.5")


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Change what decides a study in small ways, and list the changes that no test notices."""
    session.install("-e", ".[test]", "mutmut>=3.8")
    session.run("mutmut", "run", *session.posargs, env={"OMP_NUM_THREADS": "1"})
    session.run("mutmut", "results")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and spelling."""
    session.install("ruff==0.17.6", "codespell>=2.3")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", "src", "docs", "examples", "README.md", "CHANGELOG.md")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly; and those of the README's code as its reader's tools see them."""
    session.install("mypy>=1.13", "pyright[nodejs]>=1.1.390", "-e", ".")
    session.run("mypy")
    code = Path("README.md").read_text(encoding="utf-8").partition("```python\n")[2]
    pasted = Path(session.create_tmp()) / "pasted.py"
    pasted.write_text(code.partition("```")[0], encoding="utf-8")
    session.run("mypy", str(pasted))
    session.run("pyright", str(pasted))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; warnings are errors, and the gallery runs."""
    env = install_backend(session, "tensorflow", "docs")
    # Pages that are no longer made would be found by the reader's search, and by `pages`.
    shutil.rmtree("docs/_build/html", ignore_errors=True)
    session.run(
        "sphinx-build",
        "-W",
        "-n",
        "--keep-going",
        "-b",
        "html",
        "docs",
        "docs/_build/html",
        env=env,
    )


@nox.session(default=False)
def pages(session: nox.Session) -> None:
    """Look at the built pages in Chromium: links, titles, search, 400 pixels, dark mode, axe.

    Build them first with `nox -s docs`. Needs Chromium, its driver and npm on the machine.
    """
    axe = install_axe(session)
    if not Path("docs/_build/html/index.html").exists():
        session.error("There are no pages yet. Run `nox -s docs` first.")
    session.run("python", "docs/check_pages.py", "docs/_build/html", "--axe", str(axe))


@nox.session(default=False)
def reports(session: nox.Session) -> None:
    """Look at reports of made-up studies in Chromium: two screens, dark mode, axe, print.

    Pictures and PDFs are left in `build/reports`. Needs Chromium, its driver and npm.
    """
    axe = install_axe(session)
    session.install("-e", ".")
    session.run(
        "python", "docs/check_reports.py", "build/reports", "--axe", str(axe), *session.posargs
    )


def install_axe(session: nox.Session) -> Path:
    """Install selenium and axe-core, or skip the session where there is no browser."""
    missing = [name for name in ("chromedriver", "npm") if not shutil.which(name)]
    if missing:
        session.skip(f"{' and '.join(missing)} not found; Debian: apt install chromium-driver npm")
    session.install("selenium>=4.25")
    folder = Path(session.create_tmp())
    session.run("npm", "install", "--prefix", str(folder), "axe-core@4", external=True)
    return folder / "node_modules" / "axe-core" / "axe.min.js"


@nox.session(default=False)
def links(session: nox.Session) -> None:
    """Follow every link that leaves the documentation; needs a network."""
    env = install_backend(session, "tensorflow", "docs")
    session.run("sphinx-build", "-b", "linkcheck", "docs", "docs/_build/linkcheck", env=env)


@nox.session
def example(session: nox.Session) -> None:
    """Train, evaluate and report on the embedded cohort, as a newcomer would."""
    env = install_backend(session, "tensorflow", "plot")
    output = Path(session.create_tmp()) / "run"
    session.run(
        "python", "-c", f"import shutil; shutil.rmtree({str(output)!r}, ignore_errors=True)"
    )
    session.run(
        "python", "examples/cnmc_all.py", "--output", str(output), *session.posargs, env=env
    )


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel twice into `dist`, compare them, check what is inside, install them."""
    session.install("build", "twine>=6", "check-wheel-contents>=0.6", "cyclonedx-bom>=6")
    folders = [Path("dist"), Path(session.create_tmp()) / "again"]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        session.run(
            "python",
            "-m",
            "build",
            "--outdir",
            str(folder),
            env={"SOURCE_DATE_EPOCH": "1700000000"},
        )
    built = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    if built[0] != built[1]:
        session.error("Two builds of the same tree differ.")
    files = [str(folders[0] / name) for name in built[0]]
    session.run("twine", "check", "--strict", *files)
    wheel = next(file for file in files if file.endswith(".whl"))
    session.run("check-wheel-contents", wheel)
    check_contents(session, wheel, next(file for file in files if file.endswith(".tar.gz")))
    install_and_list(session, wheel)


def check_contents(session: nox.Session, wheel: str, sdist: str) -> None:
    """Stop where a file that users or packagers rely on is in neither archive."""
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as source:
        names = {"wheel": archive.namelist(), "sdist": source.getnames()}
    for kind, wanted in (("wheel", IN_WHEEL), ("sdist", IN_SDIST)):
        missing = [end for end in wanted if not any(name.endswith(end) for name in names[kind])]
        if missing:
            session.error(f"The {kind} lacks {missing}.")


def install_and_list(session: nox.Session, wheel: str) -> None:
    """Install the wheel alone into a new environment, start it, and list what came with it."""
    alone = Path(session.create_tmp()) / "alone"
    session.run("python", "-m", "venv", "--clear", "--without-pip", str(alone))
    python = str(alone / ("Scripts" if os.name == "nt" else "bin") / "python")
    session.run("python", "-m", "pip", "--python", str(alone), "install", "-q", wheel)
    session.run(python, "-I", "-m", "prevalens", "--help", external=True)
    session.run(python, "-I", "-c", "import prevalens; prevalens.show_versions()", external=True)
    listing = Path("build") / "sbom" / "prevalens.cdx.json"
    listing.parent.mkdir(parents=True, exist_ok=True)
    session.run(
        "cyclonedx-py", "environment", "--pyproject", "pyproject.toml", "--output-reproducible",
        "--of", "JSON", "-o", str(listing), str(alone),
    )  # fmt: skip


@nox.session(default=False)
@nox.parametrize("backend", ["none", *BACKENDS], ids=["none", *BACKENDS])
def wheel(session: nox.Session, backend: str) -> None:
    """Run the tests of the unpacked sdist against the wheel built from it; not the tree."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(folder))
    sdist, built = (next(folder.glob(f"*{suffix}")) for suffix in (".tar.gz", ".whl"))
    with tarfile.open(sdist) as source:
        source.extractall(folder, filter="data")
    if backend == "none":
        extras, chosen, env = "test", ["-m", "not keras"], {}
    else:
        extras, chosen, env = f"test,{backend}", [], {"KERAS_BACKEND": backend}
    if backend == "torch":
        session.install(BACKENDS[backend])
    session.install(f"prevalens[{extras}] @ {built.as_uri()}")
    session.chdir(folder / sdist.name.removesuffix(".tar.gz"))
    session.run("pytest", "-n", "auto", *chosen, *session.posargs, env=env)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run every benchmark on every backend, and write docs/explanation/benchmarks.md.

    On an idle machine, please; `nox -s bench -- --quick` prints the short forms instead, and
    `nox -s bench -- --compare` says what got slower than the page, beyond noise.
    """
    session.install(*BACKENDS.values())
    session.install("-e", ".[fast]", "distributed", "ray")
    session.run(
        "python", "tests/benchmarks/write_page.py", *session.posargs,
        env={"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Feed changed files to every door, then mutated ones to the decoders for five minutes.

    A folder of real files for the decoders may be given.
    """
    session.install("-e", ".[test,fast,dicom]", "atheris>=2.3")
    script = os.path.abspath("tests/images/fuzz_decoding.py")  # noqa: PTH100
    doors = os.path.abspath("tests/fuzz.py")  # noqa: PTH100
    session.chdir(session.create_tmp())  # where what breaks a decoder is left
    session.run("python", doors, env={"KERAS_BACKEND": "numpy"})
    session.run("python", script, *session.posargs, "-max_total_time=300")


@nox.session(default=False)
def minimums(session: nox.Session) -> None:
    """Run the stages without Keras, and the Keras ones on JAX, on the lowest declared versions."""
    session.install("uv")
    session.run(
        "uv", "pip", "install", "--python", os.fspath(Path(session.bin) / "python"),
        "--resolution=lowest-direct", "-e", ".[test,jax]",
    )  # fmt: skip
    # Old releases warn of what later ones took away; that is not ours to mend.
    session.run(
        "pytest", "-n", "auto", "-W", "ignore::DeprecationWarning", "-W", "ignore::FutureWarning",
        # JAX 0.4 warns of any fork, joblib's too.
        "-W", "ignore:os.fork:RuntimeWarning",
        *session.posargs, env={"KERAS_BACKEND": "jax"},
    )  # fmt: skip
