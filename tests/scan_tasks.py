"""What a worker does in place of measuring, to be in trouble with one file."""

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from workbench import sources
from workbench.measure import Item, Measured, measure_file


def measure_or_die(item: Item) -> Measured:
    if item.path == "003.png":
        os.kill(os.getpid(), signal.SIGSEGV)
    return measure_file(item)


def measure_or_hang(item: Item) -> Measured:
    if item.path == "003.png":
        time.sleep(60)
    return measure_file(item)


def measure_while_written(item: Item) -> Measured:
    """Measure while somebody writes to 003.png: whenever it is opened, it has just been changed again."""
    times, opened = itertools.count(1), sources.open_blob

    @contextmanager
    def changed_and_opened(uri: str) -> Iterator[sources.Blob]:
        os.utime(sources.local_bytes(uri), ns=(0, next(times) * 1_000_000))
        with opened(uri) as blob:
            yield blob

    if item.path != "003.png":
        return measure_file(item)
    sources.open_blob = changed_and_opened
    try:
        return measure_file(item)
    finally:
        sources.open_blob = opened
