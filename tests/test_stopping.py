"""Ctrl-C, asked for once and twice."""

import signal
import threading

import pytest

from workbench.stopping import until_stopped


@pytest.fixture(autouse=True)
def heard() -> object:
    """Ctrl-C is heard, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_once_sets_the_event_and_twice_breaks_off() -> None:
    with until_stopped() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_to_be_ended_by_the_system_is_to_be_asked() -> None:
    with until_stopped() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        signal.raise_signal(signal.SIGTERM)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with until_stopped() as stop:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert not stop.is_set()


def test_another_thread_hears_nothing() -> None:
    got = []
    thread = threading.Thread(target=lambda: got.append(until_stopped().__enter__().is_set()))
    thread.start()
    thread.join()
    assert got == [False]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
