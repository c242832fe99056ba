"""What a worker does in place of measuring, to be in trouble with one file."""

import os
import signal
import time

from workbench.measure import Item, Measured, measure_file


def measure_or_die(item: Item) -> Measured:
    if item.path == "003.png":
        os.kill(os.getpid(), signal.SIGSEGV)
    return measure_file(item)


def measure_or_hang(item: Item) -> Measured:
    if item.path == "003.png":
        time.sleep(60)
    return measure_file(item)
