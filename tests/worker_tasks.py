"""Tasks for `test_workers`: well-behaved ones, and everything a C library has ever done to a process."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def double(number: int) -> int:
    return 2 * number


def whoami(item: object) -> int:
    return os.getpid()


def weigh(data: bytes) -> bytes:
    return bytes(len(data))


def misbehave(order: tuple[str, Any]) -> Any:
    """Do as told: ``(what, with what)``."""
    what, value = order
    return {
        "return": lambda: value,
        "raise": lambda: ctypes.c_int("not a number"),  # type: ignore[arg-type] # raising is what it is for
        "exit": lambda: sys.exit(value),
        "vanish": lambda: os._exit(value),
        "segfault": lambda: ctypes.string_at(0),
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "sleep": lambda: time.sleep(value),
        "hang": lambda: hang_in_c(value),
        "gorge": lambda: len(bytearray(value)),
        "recurse": lambda: misbehave(order) and misbehave(order),
        "print": lambda: litter(value),
        "lambda": lambda: lambda: None,
        "limits": limits,
    }[what]()


def hang_in_c(seconds: int) -> int:
    """Sleep without letting other Python threads run, as pyexiv2 does."""
    return int(ctypes.PyDLL(None).sleep(seconds))


def litter(value: object) -> object:
    print(value)
    print(value, file=sys.stderr)
    os.write(1, b"x" * 100_000)
    os.system("echo from a child; echo and to stderr >&2")
    return (value, sys.stdin.read())


def limits() -> dict[str, Any]:
    return {"threads": os.environ["OPENBLAS_NUM_THREADS"], "session": os.getsid(0), "pid": os.getpid()}


def announce(order: tuple[str, str]) -> None:
    """Write this worker's process id into a folder, then sleep, or hang deaf to Python."""
    folder, how = order
    place = Path(folder, f"{os.getpid()}.tmp")
    place.touch()
    place.rename(place.with_suffix(".pid"))
    misbehave((how, 60))
