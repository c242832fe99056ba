"""The demo: a sample collection, scanned into a workspace of its own, and JupyterLab on the tour."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.bench import Bench, open
from workbench.sample import make_sample

COLLECTION = "Client images"
_NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def demo_folder() -> Path:
    """Return where the demo lives: ``$WORKBENCH_DEMO``, or ``demo`` beside the notebooks."""
    return Path(os.environ.get("WORKBENCH_DEMO") or Path(__file__).parent.parent / "demo").absolute()


def open_sample(folder: str | os.PathLike[str] | None = None, *, actor: str | None = None) -> Bench:
    """Open the sample workspace; the first time, make the sample collection and scan it (half a minute).

    Parameters
    ----------
    folder : path, optional
        Where the demo lives (`demo_folder`).
    actor : str, optional
        Who works here.

    Raises
    ------
    MissingExtra
        The sample needs photographs from scikit-image (the extra ``demo``).
    """
    home = Path(folder) if folder is not None else demo_folder()
    collection = sample_images(home)
    ws = open(home / "workspace", actor=actor)
    if ws.query("sources").empty:
        ws.scan(collection, batch="Sample")
    return ws


def sample_images(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder with the sample collection, making it when it isn't there."""
    home = Path(folder) if folder is not None else demo_folder()
    collection = home / COLLECTION
    if not collection.exists():
        home.mkdir(parents=True, exist_ok=True)
        unfinished = home / f"{COLLECTION}.unfinished-{os.getpid()}"
        make_sample(unfinished)
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
    print("Making the sample collection and scanning it (half a minute, the first time only) …", flush=True)
    with open_sample() as ws:
        counts = ws.query("catalogue_counts").iloc[0]
    print(f"The sample workspace has {counts['images']} images from {counts['files']} files.", flush=True)
    return subprocess.call(lab_command(port=args.port, browser=args.browser == "yes"))


def lab_command(*, port: int, browser: bool) -> list[str]:
    """Return the command that starts JupyterLab on the tour, without news and update checks: nothing leaves this machine."""
    command = [
        sys.executable, "-m", "jupyterlab", str(_NOTEBOOKS / "00_tour.ipynb"), f"--port={port}", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    return command if browser else [*command, "--no-browser"]


if __name__ == "__main__":
    sys.exit(main())
