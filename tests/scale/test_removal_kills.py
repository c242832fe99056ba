"""Removing, restoring and purging, ended at random instants: no file is lost, and records and disk agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from removal_world import kill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]

KILLS = int(os.environ.get("WB_KILLS", "100"))


def test_a_kill_at_any_instant_loses_nothing(tmp_path: Path) -> None:
    done = kill([(tmp_path, tmp_path)], KILLS, seed=20)
    assert done.faults == []
    assert sum(done.amid.values()) >= KILLS
    assert set(done.amid) == {"apply", "restore", "purge"}
    assert done.moved_some > KILLS / 4, "hardly any kill met a file on its way, so this shows little"
