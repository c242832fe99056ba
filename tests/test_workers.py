from __future__ import annotations

import gc
import itertools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import until

from workbench.errors import BadValue, CallError, Cancelled, StorageError
from workbench.problems import KINDS
from workbench.workers import Failure, Pool, usable_cores

TESTS = Path(__file__).parent
posix_only = pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")


@pytest.fixture
def unruly() -> Iterator[Pool]:
    with Pool("worker_tasks:misbehave", workers=2, deadline=20) as pool:
        yield pool


@pytest.fixture(scope="module")
def doubling() -> Iterator[Pool]:
    with Pool("worker_tasks:double", workers=2, ahead=4) as pool:
        yield pool


def alive(pid: int) -> bool:
    """Tell whether there is such a process, zombies included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def outcome(pool: Pool, *order: Any) -> Any:
    [(_, result)] = pool.run([order])
    return result


# — the ordinary course —


@settings(max_examples=30, deadline=None)
@given(numbers=st.lists(st.integers(), max_size=60))
def test_every_item_comes_back_once_with_its_result(doubling: Pool, numbers: list[int]) -> None:
    assert sorted(doubling.run(numbers)) == sorted((number, 2 * number) for number in numbers)


def test_items_are_taken_a_bounded_number_ahead() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    with Pool("worker_tasks:double", workers=2, ahead=5) as pool:
        results = pool.run(endless())
        for received in range(1, 200):
            next(results)
            assert taken <= received + 10
        del results
        assert len(dict(pool.run([1, 2, 3]))) == 3  # leaving a run early doesn't hurt the next


def test_the_processes_work_side_by_side_and_stay_for_the_next_run() -> None:
    with Pool("worker_tasks:whoami", workers=2) as pool:
        seen: set[int] = set()
        end = time.monotonic() + 60
        while len(seen) < 2:
            seen |= {pid for _, pid in pool.run(range(100))}
            assert time.monotonic() < end
        assert seen == set(pool.pids())
        assert os.getpid() not in seen


def test_large_items_and_results_do_not_clog_the_pipes() -> None:
    with Pool("worker_tasks:weigh", workers=1, ahead=8) as pool:
        sizes = [3_000_000] * 6 + [0, 1] + [200_000] * 30
        assert sorted(len(result) for _, result in pool.run(bytes(size) for size in sizes)) == sorted(sizes)


def test_two_runs_at_once_keep_their_results_apart(doubling: Pool) -> None:
    first, second = doubling.run(range(50)), doubling.run(range(1_000, 1_050))
    mixed = [next(run) for _ in range(50) for run in (first, second)]
    assert sorted(mixed) == [(number, 2 * number) for number in (*range(50), *range(1_000, 1_050))]


def test_an_error_in_the_input_is_the_callers(doubling: Pool) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(doubling.run(items()))
    assert list(doubling.run([4])) == [(4, 8)]


# — what goes wrong costs one item —


@pytest.mark.parametrize(
    ("order", "kind", "detail"),
    [
        (("raise", None), "crashed", "TypeError"),
        (("exit", 3), "crashed", "SystemExit"),
        (("recurse", None), "crashed", "RecursionError"),
        (("lambda", None), "crashed", "pickle"),
        (("vanish", 7), "crashed", "exit code 7"),
        (("return", lambda: None), "crashed", "can't be sent"),
        pytest.param(("segfault", None), "crashed", "SIGSEGV", marks=posix_only),
        pytest.param(("kill", None), "crashed", "SIGKILL", marks=posix_only),
        pytest.param(("gorge", 4 * 2**30), "out_of_memory", "MemoryError", marks=linux_only),
    ],
)
def test_a_bad_item_is_one_failure_and_the_others_get_through(
    unruly: Pool, order: tuple[str, Any], kind: str, detail: str
) -> None:
    items = [("return", number) for number in range(40)]
    items.insert(20, order)
    results = [result for item, result in unruly.run(items) if item is not order]
    assert sorted(results) == list(range(40))
    failure = outcome(unruly, *order)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert kind in KINDS
    assert detail.lower() in failure.detail.lower()


@posix_only
def test_a_run_of_nothing_but_poison_ends(unruly: Pool) -> None:
    poison = [("segfault", number) for number in range(12)]
    assert [result.kind for _, result in unruly.run(poison)] == ["crashed"] * 12
    assert outcome(unruly, "return", 1) == 1


@pytest.mark.parametrize("how", ["sleep", pytest.param("hang", marks=posix_only)])
def test_an_item_over_its_time_is_stopped_and_nobody_else_pays(how: str) -> None:
    with Pool("worker_tasks:misbehave", workers=2, deadline=0.5) as pool:
        list(pool.run([("return", 0)] * 50))  # start-up isn't counted; and the pipeline is full from now on
        items = [("return", number) for number in range(60)]
        items[10] = items[11] = (how, 60)
        begun = time.monotonic()
        results = list(pool.run(items))
        assert time.monotonic() - begun < 20
    late = [result for item, result in results if item[0] == how]
    assert [failure.kind for failure in late] == ["timeout", "timeout"]
    assert "0.5 s" in late[0].detail
    assert sorted(result for item, result in results if item[0] == "return") == [*range(10), *range(12, 60)]


def test_the_deadline_counts_work_not_waiting() -> None:
    with Pool("worker_tasks:misbehave", workers=1, deadline=1.0, ahead=50) as pool:
        items = [("return", number) for number in range(30)] + [("sleep", 0.25)] * 8
        results = pool.run(items)
        next(results)
        time.sleep(1.5)  # not waiting for anything: the caller is what is slow here
        assert not [result for _, result in results if isinstance(result, Failure)]


@linux_only
def test_the_memory_limit_is_the_callers_to_set() -> None:
    with Pool("worker_tasks:misbehave", workers=1, memory=300 * 2**20) as pool:
        assert outcome(pool, "gorge", 100 * 2**20) == 100 * 2**20
        failure = outcome(pool, "gorge", 400 * 2**20)
        assert failure.kind == "out_of_memory"
        assert outcome(pool, "gorge", 100 * 2**20) == 100 * 2**20


def test_printing_reaches_neither_the_pipes_nor_us(unruly: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        assert outcome(unruly, "print", number) == (number, "")
    assert capfd.readouterr() == ("", "")


def test_workers_leave_the_cores_to_each_other_and_live_apart_from_the_terminal(unruly: Pool) -> None:
    facts = outcome(unruly, "limits", None)
    assert facts["threads"] == "1"
    assert facts["session"] == facts["pid"] != os.getsid(0)


@posix_only
def test_ctrl_c_is_for_the_parent(unruly: Pool) -> None:
    assert outcome(unruly, "return", 1) == 1
    for pid in unruly.pids():
        os.kill(pid, signal.SIGINT)
    before = set(unruly.pids())
    assert outcome(unruly, "return", 2) == 2
    assert set(unruly.pids()) & before == before


@posix_only
def test_an_idle_worker_that_is_killed_is_replaced_and_leaves_no_zombie() -> None:
    with Pool("worker_tasks:double", workers=1, deadline=1) as pool:
        assert list(pool.run([1])) == [(1, 2)]
        [pid] = pool.pids()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid))
        assert list(pool.run([2, 3])) == [(2, 4), (3, 6)]


# — stopping —


def test_cancel_ends_a_run_from_another_thread(unruly: Pool) -> None:
    orders: list[tuple[str, float]] = [("return", 0), ("sleep", 30), ("sleep", 30), ("sleep", 30)]
    results = unruly.run(orders)
    assert next(results)[1] == 0
    threading.Timer(0.1, unruly.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        list(results)
    assert time.monotonic() - begun < 5
    unruly.cancel()  # nothing under way: nothing happens


def test_after_cancel_the_pool_is_used_again(doubling: Pool) -> None:
    results = doubling.run(range(1_000))
    next(results)
    doubling.cancel()
    with pytest.raises(Cancelled):
        next(results)
    assert list(doubling.run([5])) == [(5, 10)]


def test_close_is_quick_leaves_nobody_behind_and_can_be_repeated() -> None:
    pool = Pool("worker_tasks:misbehave", workers=2)
    results = pool.run([("return", 1), ("sleep", 60), ("sleep", 60)])
    next(results)
    pids = until(lambda: len(pool.pids()) == 2 and pool.pids())
    begun = time.monotonic()
    pool.close()
    assert time.monotonic() - begun < 5
    assert not any(map(alive, pids))
    pool.close()
    with pytest.raises(Cancelled):
        next(results)
    with pytest.raises(CallError):
        next(pool.run([("return", 1)]))


def test_closing_a_pool_that_never_ran() -> None:
    with Pool("worker_tasks:double", workers=2) as pool:
        assert pool.pids() == []


@pytest.mark.parametrize("delay", [0, 0.005, 0.02, 0.05, 0.1])
def test_closing_a_pool_at_any_moment_of_its_start(delay: float) -> None:
    pool = Pool("worker_tasks:double", workers=2)
    threading.Timer(delay, pool.close).start()
    with pytest.raises((Cancelled, CallError)):
        list(itertools.chain.from_iterable(pool.run(range(100)) for _ in itertools.count()))
    pool.close()
    assert pool.pids() == []


def test_a_pool_that_is_closed_while_a_run_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool("worker_tasks:double", workers=1)
    monkeypatch.setattr(pool, "_seat_workers", pool.close)
    with pytest.raises(CallError):
        list(pool.run([1]))


def test_no_pipes_or_threads_are_left_over() -> None:
    def resources() -> tuple[int, int]:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0, threading.active_count()

    with Pool("worker_tasks:double", workers=1) as pool:
        list(pool.run([1]))
    before = resources()
    for _ in range(3):
        with Pool("worker_tasks:misbehave", workers=2) as pool:
            list(pool.run([("return", 1), ("vanish", 1), ("return", 2)]))
    until(lambda: resources() <= before)


PARENT = """
import sys
from workbench.workers import Pool
pool = Pool("worker_tasks:announce", workers=2, deadline=10)
for _ in pool.run([(sys.argv[1], sys.argv[2])] * 2):
    pass
"""


@posix_only
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("how", ["sleep", "hang"])
def test_workers_do_not_outlive_their_parent(
    tmp_path: Path, how: str, death: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    command = [sys.executable, "-c", PARENT, str(tmp_path), how]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        pids = until(lambda: len(found := list(tmp_path.glob("*.pid"))) == 2 and [int(file.stem) for file in found])
        assert all(map(alive, pids))
        parent.send_signal(death)
        parent.wait()
    until(lambda: not any(map(alive, pids)), 30)


def test_a_worker_ends_when_its_input_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    command = [sys.executable, "-m", "workbench.workers", "worker_tasks:announce", str(2**30), "1000"]
    request = pickle.dumps((str(tmp_path), "sleep"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as worker:
        assert worker.stdin is not None
        worker.stdin.write(len(request).to_bytes(8, "big") + request)
        worker.stdin.flush()
        until(lambda: list(tmp_path.glob("*.pid")))
        worker.stdin.close()
        assert worker.wait(20) == 0


# — calls that can't be right —


@pytest.mark.parametrize("task", ["", "nothing", ":f", "m:"])
def test_a_task_must_name_a_function(task: str) -> None:
    with pytest.raises(BadValue):
        Pool(task)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"deadline": 0}, {"memory": -1}, {"ahead": 0}])
def test_numbers_must_be_above_zero(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        Pool("worker_tasks:double", **wrong)


@pytest.mark.parametrize("task", ["no_such_module:f", "worker_tasks:no_such_function"])
def test_a_task_that_is_not_there_is_told_with_the_reason(task: str) -> None:
    with Pool(task, workers=2) as pool, pytest.raises(BadValue) as caught:
        list(pool.run([1, 2, 3]))
    assert "no_such" in caught.value.hint


def test_processes_that_never_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with Pool("worker_tasks:double", workers=1) as pool, pytest.raises(StorageError):
        list(pool.run([1]))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Pool("worker_tasks:double", workers=1) as pool, pytest.raises(StorageError, match="exit code 1"):
        list(pool.run([1]))


def test_a_script_without_a_main_guard_can_use_a_pool(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent)!r}]\n"
        "from workbench.workers import Pool\n"
        "with Pool('worker_tasks:double', workers=1) as pool:\n    print(list(pool.run([21])))\n"
    )
    (tmp_path / "pickle.py").write_text("raise SystemExit('a stray file of the client was imported')")
    done = subprocess.run([sys.executable, "-P", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(21, 42)]"


def test_cores_are_counted_for_this_process() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_handing_out_work_costs_little() -> None:
    with Pool("worker_tasks:weigh", workers=2) as pool:
        items = [bytes(15_000)] * 2_000
        list(pool.run(items[:50]))
        begun = time.process_time()
        assert sum(1 for _ in pool.run(items)) == 2_000
        assert (time.process_time() - begun) / 2_000 < 5 * 0.15e-3  # five-fold, for slow and busy machines
