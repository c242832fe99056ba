"""The demo: a sample collection, scanned into a workspace of its own, and JupyterLab on the tour."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.bench import Bench, open
from workbench.decisions import take_back
from workbench.errors import BadValue, NotFound, WorkbenchError
from workbench.sample import make_sample
from workbench.sample_work import record

COLLECTION = "Client images"
_BATCHES = {
    "Archive": "Archive", "Agency": "From agency", "Forms": "Scans/Formulare", "Incoming": "Incoming",
    "Claims": "Claims", "Accounts": "Accounts", "Catalogue": "Catalogue 2025",
}  # fmt: skip
_WHOLE = "recorded"
_DAY = 86_400
_TOUR = "00_tour.ipynb"
_ANEW = "practice begins anew"
_NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def demo_folder() -> Path:
    """Return where the demo lives: ``$WORKBENCH_DEMO``, or ``demo`` beside the notebooks."""
    return Path(os.environ.get("WORKBENCH_DEMO") or Path(__file__).parent.parent / "demo").absolute()


def open_sample(
    folder: str | os.PathLike[str] | None = None, *, actor: str | None = None, practice: str = "", copies: bool = False
) -> Bench:
    """Open the sample workspace; the first time, make the sample collection and scan it (half a minute).

    Parameters
    ----------
    folder : path, optional
        Where the demo lives (`demo_folder`).
    actor : str, optional
        Who works here.
    practice : str
        Name of a second workspace over the same images, to change things in: every time it is opened, what was entered
        there before is taken back.
    copies : bool
        Let the second workspace have its own copies of the images, so that files can be moved: every time it is
        opened, they are put back, and what was decided about duplicates is taken back, too.

    Raises
    ------
    MissingExtra
        The sample needs photographs from scikit-image (the extra ``demo``).
    """
    home = Path(folder) if folder is not None else demo_folder()
    collection = sample_images(home)
    ws = open(home / (f"practice {practice}" if practice else "workspace"), actor=actor)
    if practice and copies:
        collection = _own_copies(collection, home / f"practice {practice} images")
        ws.dedup.restore(reason=_ANEW, progress=False)
    if ws.query("sources").empty:
        ws.scan(collection, batch="Sample")
    if practice:
        _take_back(ws)
        take_back(ws, _ANEW)
    return ws


def open_sample_work(
    folder: str | os.PathLike[str] | None = None, *, actor: str | None = None, practice: str = ""
) -> Bench:
    """Open a workspace with weeks of work of invented people over the sample; the first time, record it (a minute).

    Seven batches: the first is delivered, the last in work; one was sent back, and accepted when it was mended. See
    `workbench.sample_work`.

    Parameters
    ----------
    folder : path, optional
        Where the demo lives (`demo_folder`).
    actor : str, optional
        Who works here; ``you`` may do everything.
    practice : str
        Name of a copy to change things in: every time it is opened, it is a new copy.

    Raises
    ------
    MissingExtra
        The sample needs photographs from scikit-image (the extra ``demo``).
    """
    home = Path(folder) if folder is not None else demo_folder()
    recorded = home / "invented work"
    if not (recorded / _WHOLE).exists():
        shutil.rmtree(recorded, ignore_errors=True)  # of a recording that was stopped
        collection = sample_images(home)
        record(recorded, {batch: collection / name for batch, name in _BATCHES.items()}, finished=0.8)
        (recorded / _WHOLE).touch()
    return open(_copied(recorded, home / f"practice {practice}") if practice else recorded, actor=actor)


def _copied(recorded: Path, to: Path) -> Path:
    """Return a new copy of a workspace, beside those that may still be open; what is a day old goes."""
    for old in to.parent.glob(f"{to.name} *"):
        if time.time() - (old / "ledger.sqlite").stat().st_mtime > _DAY:
            shutil.rmtree(old, ignore_errors=True)
    number = 1
    while (place := to.with_name(f"{to.name} {number}")).exists():
        number += 1
    shutil.copytree(recorded, place, ignore=shutil.ignore_patterns("exports", "*.lock"))
    os.utime(place / "ledger.sqlite")  # a copy is as old as what it is of
    return place


def _own_copies(collection: Path, to: Path) -> Path:
    if not to.exists():
        unfinished = to.with_name(f"{to.name}.unfinished-{os.getpid()}")
        shutil.copytree(collection, unfinished, symlinks=True)
        unfinished.rename(to)
    return to


def _take_back(ws: Bench) -> None:
    entered = ws.query("entered_anywhere")
    if not entered.empty:
        ws.withdraw_values(entered["image_id"].tolist(), entered["fields"].iloc[0].tolist(), reason=_ANEW)


def sample_images(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder with the sample collection, making it when it isn't there."""
    home = Path(folder) if folder is not None else demo_folder()
    collection = home / COLLECTION
    if not collection.exists():
        home.mkdir(parents=True, exist_ok=True)
        unfinished = home / f"{COLLECTION}.unfinished-{os.getpid()}"
        made = make_sample(unfinished)
        made.truth_file.rename(home / f"{COLLECTION}.truth.csv")
        unfinished.rename(collection)
    return collection


def main(argv: Sequence[str] | None = None) -> int:
    """Build the demo and open JupyterLab on ``notebooks/00_tour.ipynb``."""
    parser = argparse.ArgumentParser(prog="workbench.demo", description=main.__doc__)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--port", type=int, default=8888)
    parser.add_argument("--browser", choices=("yes", "no"), default="yes")
    args = parser.parse_args(argv)
    if args.folder:
        os.environ["WORKBENCH_DEMO"] = str(Path(args.folder).absolute())
    try:
        return show(port=args.port, browser=args.browser == "yes")
    except WorkbenchError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return 1


def show(*, port: int, browser: bool) -> int:
    """Make what the demo needs, start JupyterLab and return its exit code when somebody has ended it."""
    if not (_NOTEBOOKS / _TOUR).exists():
        raise NotFound(f"There is no {_NOTEBOOKS / _TOUR}.", hint="The demo runs in a clone of the project.")
    port = free_port(port)
    if not sample_is_ready():
        print("Making the sample collection and scanning it (half a minute, the first time only) …", flush=True)
    with open_sample() as ws:
        counts = ws.query("catalogue_counts").iloc[0]
    print(f"The sample workspace has {counts['images']} images from {counts['files']} files.", flush=True)
    token = secrets.token_urlsafe(24)
    print(f"\nThe tour:  http://localhost:{port}/lab/tree/{_TOUR}?token={token}", flush=True)
    print("It is there in a few seconds. End it with Ctrl-C.\n", flush=True)
    environment = lab_environment(demo_folder() / "jupyter", token)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with subprocess.Popen(lab_command(port=port, browser=browser), env=environment) as lab:
        try:
            return lab.wait()
        except KeyboardInterrupt:
            lab.terminate()
            lab.wait()
            return 0


def sample_is_ready() -> bool:
    """Tell whether the sample collection and its workspace were made before."""
    home = demo_folder()
    return (home / COLLECTION).exists() and (home / "workspace" / "ledger.sqlite").exists()


def free_port(wanted: int) -> int:
    """Return the first port from ``wanted`` on that nobody listens on; any free one for 0.

    Raises
    ------
    BadValue
        There is none among the next hundred, or that isn't a port.
    """
    for port in range(wanted, wanted + 100):
        with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
            if os.name == "posix":  # as the server does: a port that was just in use is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise BadValue(f"No port from {wanted} on is free.", hint="Give another one: make demo PORT=9000")


def lab_environment(folder: Path, token: str) -> dict[str, str]:
    """Return JupyterLab's environment; ``folder`` is made and says that nobody is to be asked about news.

    The token stands here because everybody on a machine can read a command line. Kernels of this Python's environment
    come before others of the same name. Which notebooks were open is remembered in ``folder``, apart from other work on
    this machine.
    """
    page = folder / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text('{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}\n', "utf-8")
    config = os.pathsep.join(filter(None, [str(folder), os.environ.get("JUPYTER_CONFIG_PATH")]))
    own = {"JUPYTER_TOKEN": token, "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_CONFIG_PATH": config}
    return os.environ | own | {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}


def lab_command(*, port: int, browser: bool) -> list[str]:
    """Return the command that starts JupyterLab on the tour, without news and updates: nothing leaves this machine."""
    command = [
        sys.executable, "-m", "jupyterlab", str(_NOTEBOOKS / _TOUR), f"--port={port}", "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1", "--log-level=WARN", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    command += [] if browser else ["--no-browser"]
    # In a container people are often root, which Jupyter refuses unless told.
    return [*command, "--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else command


if __name__ == "__main__":
    sys.exit(main())
