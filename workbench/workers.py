"""A pool of worker *processes*: a file that hangs, bursts or crashes its reader costs that one file.

The processes are started as ``python -m workbench.workers`` and talk over their standard pipes, so the pool works
from notebooks, from scripts without a ``__main__`` guard, and on Windows. One frame is a length (8 bytes, big-endian)
and a pickle. Inside a worker the standard streams are moved away first, so no library can print into the pipes.

What each system offers: the deadline works everywhere. The memory limit needs Linux (``RLIMIT_DATA``); on macOS and
Windows there is none. A worker ends with its parent, also when that is killed: at once, except that one hanging in C
code lives on until its alarm on macOS, and for ever on Windows.
"""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from workbench.errors import BadValue, CallError, Cancelled, StorageError, WorkbenchError

Item = TypeVar("Item")

_LENGTH = struct.Struct(">Q")
_PIPELINE = 4  # requests under way in one worker, so that it never waits for the next
_SLOW = 0.1  # seconds; items slower than this are handed out one by one, so that none waits behind another
_START_TIME = 120.0  # seconds for the interpreter and the task's imports, on a very busy machine
_START_TRIES = 3
_SPARED = 2  # deaths a job may be near without being blamed
_ALARM_GRACE = 10.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "VIPS_CONCURRENCY",
)
# A file's memory is used again for the next file instead of being fetched from the system anew: 3 % at 6 megapixels.
# Only glibc knows these; whoever set them knows better.
_KEPT_MEMORY = {
    name: os.environ.get(name, str(32 << 20)) for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What came of an item instead of a result.

    Attributes
    ----------
    kind : str
        ``timeout``, ``out_of_memory`` or ``crashed``: kinds of `workbench.problems.KINDS`.
    detail : str
        For those who want to know: the signal, or the end of the traceback.
    """

    kind: str
    detail: str = ""


class Pool:
    """Worker processes that all run one function, and stay alive between runs.

    Parameters
    ----------
    task : str
        The function, as ``package.module:function``; it is imported in the workers and takes one item.
        Items and results must be picklable.
    workers : int, optional
        How many processes; by default one for each core that this process may use.
    deadline : float
        Seconds one item may take, counted from when its worker starts on it.
    memory : int
        Bytes of private memory one worker may hold (Linux only).
    ahead : int
        Items per worker taken from the input before their results are asked for: the look-ahead is bounded by it.

    Raises
    ------
    BadValue
        An argument that can't be right.

    Examples
    --------
    >>> with Pool("math:factorial", workers=2) as pool:
    ...     sorted(value for item, value in pool.run([3, 4, 5]))
    [6, 24, 120]
    """

    def __init__(
        self,
        task: str,
        *,
        workers: int | None = None,
        deadline: float = 30.0,
        memory: int = 1_500 * 2**20,
        ahead: int = 32,
    ) -> None:
        module, colon, function = task.partition(":")
        if not (module and colon and function):
            raise BadValue(f"{task!r} names no function.", hint="Write package.module:function.")
        workers = usable_cores() if workers is None else workers
        if workers < 1 or deadline <= 0 or memory <= 0 or ahead < 1:
            raise BadValue("Workers, deadline, memory and look-ahead must be above zero.")
        self.task, self.deadline, self.memory, self.workers = task, deadline, memory, workers
        self._limit = workers * ahead
        self._desk = _Desk()
        self._seats: list[_Seat] = []
        self._starting = threading.Lock()

    def run(self, items: Iterable[Item]) -> Iterator[tuple[Item, Any]]:
        """Run the task on every item, and yield each with its result as it comes, in any order.

        Parameters
        ----------
        items : iterable
            Read in the calling thread, only a bounded number ahead of the results.

        Yields
        ------
        tuple of (item, result)
            The result is what the task returned, or a `Failure`.

        Raises
        ------
        Cancelled
            Somebody called `cancel` or closed the pool; what was yielded so far counts.
        BadValue
            The workers can't import the task.
        StorageError
            The workers can't be started at all.
        """
        self._seat_workers()
        run = self._desk.open_run()
        try:
            yield from self._drive(run, iter(items))
        finally:
            self._desk.forget(run)

    def cancel(self) -> None:
        """End every run under way with `Cancelled`, from any thread; the pool can be used again."""
        self._desk.stop(
            Cancelled("The work was cancelled.", hint="What was done so far is kept; start again when you like.")
        )

    def close(self) -> None:
        """End the runs and the processes, and wait until they are gone. Safe to call twice and from any thread."""
        self._desk.close()
        self.cancel()
        with self._starting:
            seats = list(self._seats)
        for seat in seats:
            seat.kill()
        for seat in seats:
            seat.thread.join()

    def pids(self) -> list[int]:
        """Return the process ids of the workers alive now."""
        return [seat.process.pid for seat in self._seats if seat.process is not None and seat.process.poll() is None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _seat_workers(self) -> None:
        with self._starting:
            if self._seats or self._desk.closed.is_set():
                return
            self._seats = [_Seat(self._desk, self._spawn, self.deadline) for _ in range(self.workers)]
            for seat in self._seats:
                seat.thread.start()
            threading.Thread(target=self._watch, name="workbench-deadlines", daemon=True).start()

    def _drive(self, run: _Run, items: Iterator[Item]) -> Iterator[tuple[Item, Any]]:
        under_way, more = 0, True
        while True:
            while more and under_way < self._limit and run.error is None:
                try:
                    job = _Job(next(items), run)
                except StopIteration:
                    more = False
                else:
                    under_way += 1
                    self._desk.offer(job)
            if not under_way:
                return
            item, result = run.next_result()
            under_way -= 1
            yield item, result

    def _spawn(self) -> subprocess.Popen[bytes]:
        return _spawn(self.task, self.memory, self.deadline)

    def _watch(self) -> None:
        tick = min(0.5, self.deadline / 10)
        while not self._desk.closed.wait(tick):
            for seat in self._seats:
                seat.check_deadline()


def usable_cores() -> int:
    """Return how many cores this process may use, which in a container or a job can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Run:
    """One call of `Pool.run`: where its results go."""

    def __init__(self) -> None:
        self.results: queue.SimpleQueue[tuple[Any, Any] | None] = queue.SimpleQueue()
        self.error: Exception | None = None

    def stop(self, error: Exception) -> None:
        self.error = self.error or error
        self.results.put(None)

    def next_result(self) -> tuple[Any, Any]:
        while self.error is None:
            # Windows can't interrupt an endless wait with Ctrl-C.
            with suppress(queue.Empty):
                result = self.results.get(timeout=1.0)
                if result is not None and self.error is None:
                    return result
        raise self.error


class _Job:
    __slots__ = ("item", "run", "spared")

    def __init__(self, item: Any, run: _Run) -> None:
        self.item, self.run, self.spared = item, run, 0

    def finish(self, result: Any) -> None:
        self.run.results.put((self.item, result))


class _Desk:
    """Where runs leave their jobs and seats fetch them."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._change = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._runs: set[_Run] = set()

    def open_run(self) -> _Run:
        with self._change:
            if self.closed.is_set():  # who closes the pool ends the runs that are open by then, and no others
                raise CallError("This pool is closed.", hint="Make a new one.")
            run = _Run()
            self._runs.add(run)
            return run

    def forget(self, run: _Run) -> None:
        with self._change:
            self._runs.discard(run)
            self._waiting = deque(job for job in self._waiting if job.run is not run)

    def offer(self, job: _Job) -> None:
        with self._change:
            self._waiting.append(job)
            self._change.notify()

    def take(self, most: int, *, wait: bool) -> list[_Job]:
        """Hand out up to `most` jobs; with `wait`, at least one, unless the pool was closed."""
        with self._change:
            while wait and not self._waiting and not self.closed.is_set():
                self._change.wait()
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def give_back(self, jobs: Iterable[_Job]) -> None:
        with self._change:
            self._waiting.extendleft(reversed([job for job in jobs if job.run in self._runs]))
            self._change.notify_all()

    def stop(self, error: Exception) -> None:
        """End every run under way with `error`."""
        with self._change:
            runs = list(self._runs)
            self._waiting.clear()
        for run in runs:
            run.stop(error)

    def close(self) -> None:
        self.closed.set()
        with self._change:
            self._change.notify_all()


class _Lost(Exception):
    """The process went away."""


class _Seat:
    """One place for a worker process, and the thread that talks to whoever sits there."""

    def __init__(self, desk: _Desk, spawn: Callable[[], subprocess.Popen[bytes]], deadline: float) -> None:
        self._desk, self._spawn, self._deadline = desk, spawn, deadline
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._serve, name="workbench-worker", daemon=True)
        self._jobs: deque[_Job] = deque()  # sent to the process; the first is in progress
        self._since = 0.0
        self._depth = 1
        self._busy_with: object = None  # the job in progress, or the process while it starts
        self._suspect: object = None
        self._condemned: object = None
        self._unsent = False  # whether the process was dead before it got the job in progress

    # — the deadline, called from the pool's watching thread —

    def check_deadline(self) -> None:
        """Kill the process if it is over its time at two looks in a row.

        Twice, because a notebook may have held up all our threads: then the answer is here but unread.
        """
        process, doing = self.process, self._busy_with
        if process is None:
            return
        allowed = _START_TIME if doing is process else self._deadline
        if doing is None or time.monotonic() - self._since < allowed:
            self._suspect = None
            if doing is None:
                process.poll()  # somebody may have killed it; leave no zombie
        elif self._suspect is not doing:
            self._suspect = doing
        else:
            self._condemned = doing
            process.kill()

    def kill(self) -> None:
        if self.process is not None:
            with suppress(OSError):
                self.process.kill()

    # — the conversation, in the seat's own thread —

    def _serve(self) -> None:
        while not self._desk.closed.is_set():
            fresh = self._desk.take(self._depth - len(self._jobs), wait=not self._jobs)
            try:
                self._converse(fresh)
            except WorkbenchError as error:
                self._give_up(error)
            except (OSError, EOFError, _Lost):
                self._clear_up()
            except Exception as error:  # whatever it is, the runs must hear of it
                self._give_up(error)
        self._dismiss()

    def _converse(self, fresh: list[_Job]) -> None:
        if not fresh and not self._jobs:
            return
        requests = [self._pickled(job) for job in fresh]
        fresh = [job for job, request in zip(fresh, requests, strict=True) if request is not None]
        idle = not self._jobs
        self._jobs.extend(fresh)
        if not self._jobs:
            return
        process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        if idle:
            self._begin()
        try:
            process.stdin.write(b"".join(request for request in requests if request is not None))
            process.stdin.flush()
        except OSError:
            # It died, but answers may still lie in the other pipe: read them first, or an innocent gets the blame.
            self._unsent = idle
        self._settle(_receive(process.stdout))

    def _pickled(self, job: _Job) -> bytes | None:
        try:
            return _frame(job.item)
        except Exception as error:
            job.finish(Failure("crashed", f"can't be sent to a worker: {error}"))
            return None

    def _begin(self) -> None:
        self._since = time.monotonic()
        self._busy_with = self._jobs[0] if self._jobs else None

    def _settle(self, payload: bytes) -> None:
        took = time.monotonic() - self._since
        job = self._jobs.popleft()
        self._begin()
        self._depth = _PIPELINE if took < _SLOW else 1
        job.finish(_understood(payload))

    def _give_up(self, error: Exception) -> None:
        self._jobs.clear()
        self._dismiss()
        self._desk.stop(error)

    def _clear_up(self) -> None:
        """Blame the job in progress for the death of the process, and give the others back."""
        code = self._dismiss()
        jobs, self._jobs = self._jobs, deque()
        condemned, self._condemned = self._condemned, None
        unsent, self._unsent = self._unsent, False
        self._depth = 1
        if jobs and condemned is jobs[0]:
            jobs.popleft().finish(Failure("timeout", f"took longer than {self._deadline:g} s"))
        elif jobs and ((condemned is None and not unsent) or jobs[0].spared >= _SPARED):
            jobs.popleft().finish(Failure("crashed", _obituary(code)))
        elif jobs:
            # It died before this job, or its answer to the last one overtook the kill: nobody is to blame.
            jobs[0].spared += 1
        self._desk.give_back(jobs)

    def _start(self) -> subprocess.Popen[bytes]:
        for _ in range(_START_TRIES):
            if self._desk.closed.is_set():
                raise _Lost
            self.process = self._spawn()
            self._since, self._busy_with = time.monotonic(), self.process
            if self._desk.closed.is_set():  # close() may have looked a moment too early
                raise _Lost
            assert self.process.stdout is not None
            with suppress(OSError, EOFError):
                complaint = pickle.loads(_receive(self.process.stdout))  # noqa: S301 # our own child process, over a private pipe
                if complaint:
                    raise BadValue("The workers can't import their task.", hint=complaint)
                return self.process
            code = self._dismiss()
        raise StorageError(
            f"Worker processes can't be started: {_obituary(code)}.", hint="Check the memory limit and this machine."
        )

    def _dismiss(self) -> int | None:
        """End the process and leave nothing of it behind; return its exit code."""
        process, self.process, self._busy_with = self.process, None, None
        if process is None:
            return None
        with suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be sent has nowhere to go
                pipe.close()  # type: ignore[union-attr] # both are pipes: we opened them so
        return process.wait()


def _spawn(task: str, memory: int, deadline: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "workbench.workers", task, str(memory), str(deadline)]
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), **_KEPT_MEMORY}
    # The same modules as here, in the same order; -P keeps a stray json.py in a client's folder out of it.
    environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in the terminal is for us alone to act on
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment, bufsize=2**16, **apart
        )
    except OSError as error:
        raise StorageError(
            f"A worker process can't be started: {error}.", hint="Check this machine's limits."
        ) from error


def _obituary(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _understood(payload: bytes) -> Any:
    try:
        failed, value = pickle.loads(payload)  # noqa: S301 # our own child process, over a private pipe
    except Exception as error:
        return Failure("crashed", f"the result can't be read: {error!r}")
    return Failure(failed, value) if failed else value


# — frames —


def _frame(message: Any) -> bytes:
    payload = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(payload)) + payload


def _receive(pipe: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


# — inside a worker —


def main(arguments: list[str]) -> None:
    """Be a worker: read items from standard input, write results to standard output, end with the input.

    Parameters
    ----------
    arguments : list of str
        The task, the memory limit in bytes, the deadline in seconds.
    """
    task, memory, deadline = arguments[0], int(arguments[1]), float(arguments[2])
    requests, replies = _take_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        module, _, name = task.partition(":")
        function = getattr(importlib.import_module(module), name)
    except BaseException:
        replies.write(_frame(_traceback_tail()))
        replies.flush()
        return
    _confine(memory)
    replies.write(_frame(None))
    replies.flush()
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    while True:
        payload = waiting.get()
        _alarm(deadline + _ALARM_GRACE)
        reply = _answer(function, payload)
        _alarm(0)
        replies.write(reply)
        replies.flush()


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes for ourselves and leave the null device in their place, for libraries that print."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return os.fdopen(requests, "rb", 2**16), os.fdopen(replies, "wb", 2**16)


def _listen(requests: IO[bytes], waiting: queue.SimpleQueue[bytes]) -> None:
    # Reading in a thread of its own, so that the parent's death is noticed in the middle of an item.
    try:
        while True:
            waiting.put(_receive(requests))
    finally:
        os._exit(0)


def _answer(function: Callable[[Any], Any], payload: bytes) -> bytes:
    try:
        item = pickle.loads(payload)  # noqa: S301 # our own parent process, over a private pipe
        return _frame((None, function(item)))
    except MemoryError:
        return _frame(("out_of_memory", _traceback_tail()))
    except BaseException:
        return _frame(("crashed", _traceback_tail()))


def _traceback_tail() -> str:
    return traceback.format_exc(limit=-5)[-2_000:]


def _confine(memory: int) -> None:
    """Bound the worker's memory, tie its life to the parent's, and let it go first when the machine runs out."""
    if sys.platform != "linux":
        return
    import ctypes
    import resource  # it exists only here

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (memory if hard < 0 else min(memory, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a client's picture
    # Sent when the *thread* that started us ends; that is our seat's, which ends after us.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")


def _alarm(seconds: float) -> None:
    # Its default action kills without asking Python, so it works in a C library that never comes back.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
