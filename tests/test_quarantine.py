"""Moving files into quarantine and back: nothing lost, nothing overwritten, everything refused that isn't as it was."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import quarantine
from workbench.quarantine import Refusal, destroy, give_back, held, settle, take, take_and_link

CONTENT = b"every byte counts " * 500
SUM = hashlib.sha256(CONTENT).hexdigest()
WHEN = 1_500_000_000_123_456_789


def path_of(place: Path) -> bytes:
    return os.fsencode(place)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return made(tmp_path / "photos" / "a b é.jpg")


def made(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o640)
    os.utime(path, ns=(WHEN, WHEN))
    if hasattr(os, "setxattr"):
        os.setxattr(path, "user.note", b"kept")
    return path


def move_in(file: Path, place: Path) -> None:
    with held(path_of(file), SUM, to_move=True) as found:
        take(found, path_of(place))


def is_as_it_was(path: Path) -> bool:
    status = path.stat()
    same = path.read_bytes() == CONTENT and status.st_mtime_ns == WHEN and stat.S_IMODE(status.st_mode) == 0o640
    return same and (not hasattr(os, "getxattr") or os.getxattr(path, "user.note") == b"kept")


def test_in_and_out_again(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "quarantine" / "plan" / "id.jpg"
    move_in(file, place)
    assert is_as_it_was(place)
    assert not file.exists()
    file.parent.rmdir()
    give_back(path_of(place), path_of(file), SUM)
    assert is_as_it_was(file)
    assert not place.exists()


def test_to_another_volume_and_back(file: Path, elsewhere: Path) -> None:
    place = elsewhere / "plan" / "id.jpg"
    move_in(file, place)
    assert not file.exists()
    assert is_as_it_was(place)
    assert [p.name for p in place.parent.iterdir()] == ["id.jpg"]
    give_back(path_of(place), path_of(file), SUM)
    assert is_as_it_was(file)
    assert list(place.parent.iterdir()) == []


def refused(file: Path, place: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        move_in(file, place)
    assert not place.exists()
    return str(refusal.value)


def test_what_is_not_as_it_was_stays(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "q" / "x"
    assert refused(tmp_path / "nowhere.jpg", place) == "It isn't there any more."
    assert refused(file / "below", place) == "It isn't there any more."
    assert refused(file.parent, place) == "It isn't a plain file."
    link = tmp_path / "link.jpg"
    link.symlink_to(file)
    assert refused(link, place) == "It is a link, not a file."
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe", place) == "It isn't a plain file."
    other = tmp_path / "other name.jpg"
    other.hardlink_to(file)
    assert "hard links" in refused(file, place)
    other.unlink()
    file.write_bytes(CONTENT + b"!")
    assert refused(file, place) == "It was changed since it was scanned."
    assert file.read_bytes() == CONTENT + b"!"


def test_what_others_are_at_stays(file: Path, tmp_path: Path) -> None:
    with file.open("r+b"):
        assert refused(file, tmp_path / "x") == "Another program has it open for writing."
    with file.open("rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        assert "holds it just now" in refused(file, tmp_path / "x")
    with file.open("rb"):
        move_in(file, tmp_path / "x")  # who only reads goes on reading
    assert is_as_it_was(tmp_path / "x")


def test_two_who_stay_may_be_held_at_once_and_not_moved(file: Path, tmp_path: Path) -> None:
    with held(path_of(file), SUM, to_move=False), held(path_of(file), SUM, to_move=False) as found:
        assert found.bytes() == CONTENT
        assert "holds it just now" in refused(file, tmp_path / "x")


def test_a_taken_place_and_a_taken_name_are_left_alone(file: Path, tmp_path: Path) -> None:
    place = made(tmp_path / "q" / "x", b"mine")
    with pytest.raises(Refusal, match="place in quarantine is taken"):
        move_in(file, place)
    assert place.read_bytes() == b"mine"
    place.unlink()
    move_in(file, place)
    made(file, b"somebody was quicker")
    with pytest.raises(Refusal, match="taken by another file"):
        give_back(path_of(place), path_of(file), SUM)
    assert file.read_bytes() == b"somebody was quicker"
    assert is_as_it_was(place)


def test_a_file_that_slips_into_its_place_is_put_back(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def late(source: bytes, target: bytes) -> None:
        if target == path_of(tmp_path / "x"):
            file.unlink()
            file.write_bytes(b"newer")
        rename(source, target)

    monkeypatch.setattr(quarantine.os, "rename", late)  # somebody saves between looking and moving
    with pytest.raises(Refusal, match="very moment"):
        move_in(file, tmp_path / "x")
    assert file.read_bytes() == b"newer"
    assert not (tmp_path / "x").exists()


def test_a_file_that_changes_while_it_is_copied_stays(
    file: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file = quarantine.write_file

    def slow(source: bytes, *rest: object, **more: object) -> Path:
        written = write_file(source, *rest, **more)  # type: ignore[arg-type]  # handed on as they came
        file.write_bytes(b"changed meanwhile")
        return written

    monkeypatch.setattr(quarantine, "write_file", slow)
    assert refused(file, elsewhere / "x") == "It was changed at this very moment."
    assert file.read_bytes() == b"changed meanwhile"


@pytest.fixture
def nobody() -> Iterator[None]:
    """Without the rights of the superuser."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def owned_by_nobody(*paths: Path) -> None:
    if not os.geteuid():
        for path in paths:
            os.chown(path, 65534, 65534)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_a_folder_that_may_not_be_changed(open_folder: Path, request: pytest.FixtureRequest) -> None:
    file = made(open_folder / "photos" / "a.jpg")
    owned_by_nobody(file, file.parent)
    file.parent.chmod(0o500)
    request.getfixturevalue("nobody")
    assert "permission is missing" in refused(file, open_folder / "x")
    file.parent.chmod(0o700)
    file.chmod(0o000)
    assert refused(file, open_folder / "x") == "It can't be read: permission is missing."


def test_a_folder_that_may_not_be_changed_on_another_volume(
    open_folder: Path, elsewhere: Path, request: pytest.FixtureRequest
) -> None:
    elsewhere.chmod(0o777)
    file = made(open_folder / "photos" / "a.jpg")
    owned_by_nobody(file, file.parent)
    file.parent.chmod(0o500)
    request.getfixturevalue("nobody")
    assert "permission is missing" in refused(file, elsewhere / "x")
    assert list(elsewhere.iterdir()) == []


def test_a_full_disk(file: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: only root may mount a small disk")
    try:
        assert refused(file, disk / "x") == "There is no space left for it."
        assert list(disk.iterdir()) == []
        assert is_as_it_was(file)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_only_what_was_put_there_is_destroyed(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "x"
    move_in(file, place)
    place.write_bytes(b"tampered")
    with pytest.raises(Refusal, match="changed since"):
        destroy(path_of(place), SUM)
    assert place.exists()
    made(place)
    destroy(path_of(place), SUM)
    assert not place.exists()


def test_without_hard_links(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(quarantine.os, "link", refuse)  # as on FAT and some network shares
    move_in(file, tmp_path / "x")
    give_back(path_of(tmp_path / "x"), path_of(file), SUM)
    assert is_as_it_was(file)
    assert not (tmp_path / "x").exists()


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────


def link(file: Path, place: Path, keeper: Path, how: str) -> None:
    with held(path_of(keeper), SUM, to_move=False) as stays, held(path_of(file), SUM, to_move=True) as goes:
        take_and_link(goes, path_of(place), stays, how)


def test_a_hard_link_is_left_and_replaced_again(file: Path, tmp_path: Path) -> None:
    keeper, place = made(tmp_path / "keeper.jpg"), tmp_path / "q" / "x"
    link(file, place, keeper, "hardlink")
    assert file.samefile(keeper)
    assert is_as_it_was(place)
    give_back(path_of(place), path_of(file), SUM, keeper=path_of(keeper))
    assert not file.samefile(keeper)
    assert is_as_it_was(file)
    assert is_as_it_was(keeper)
    assert keeper.stat().st_nlink == 1


def test_a_link_that_was_replaced_by_hand_is_left_alone(file: Path, tmp_path: Path) -> None:
    keeper, place = made(tmp_path / "keeper.jpg"), tmp_path / "x"
    link(file, place, keeper, "hardlink")
    file.unlink()
    file.write_bytes(b"something else")
    with pytest.raises(Refusal, match="taken by another file"):
        give_back(path_of(place), path_of(file), SUM, keeper=path_of(keeper))
    assert file.read_bytes() == b"something else"


def test_a_reflink_is_left_or_refused(file: Path, tmp_path: Path) -> None:
    keeper, place = made(tmp_path / "keeper.jpg"), tmp_path / "x"
    said = ""
    try:
        link(file, place, keeper, "reflink")
    except Refusal as refusal:
        said = str(refusal)
    assert said in ("", "A reflink to the file that stays can't be made there.")
    assert place.exists() == (said == "")
    assert is_as_it_was(file)
    assert not file.samefile(keeper)
    assert sorted(p.name for p in file.parent.iterdir()) == [file.name]


def test_links_across_volumes_are_refused(file: Path, elsewhere: Path, tmp_path: Path) -> None:
    keeper = made(elsewhere / "keeper.jpg")
    with pytest.raises(Refusal, match="can't be made there"):
        link(file, tmp_path / "x", keeper, "hardlink")
    assert is_as_it_was(file)
    assert [p.name for p in file.parent.iterdir()] == [file.name]


# ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────


def settled(path: Path, place: Path, *, homeward: bool, keeper: Path | None = None) -> str:
    other = None if keeper is None else path_of(keeper)
    return settle(path_of(path), path_of(place), SUM, mtime_ns=WHEN, homeward=homeward, keeper=other)


@pytest.mark.parametrize("homeward", [True, False])
def test_where_a_file_is(tmp_path: Path, homeward: bool) -> None:
    path, place = tmp_path / "home", tmp_path / "place"
    assert settled(path, place, homeward=homeward) == "nowhere"
    made(path)
    assert settled(path, place, homeward=homeward) == "path"
    made(place)
    assert settled(path, place, homeward=homeward) == "path", "of two equals one is dropped"
    assert not place.exists()
    place.hardlink_to(path)
    assert settled(path, place, homeward=homeward) == "path", "killed between link and unlink"
    assert is_as_it_was(path)
    path.rename(place)
    assert settled(path, place, homeward=homeward) == "place"
    made(path, b"somebody's new file")
    assert settled(path, place, homeward=homeward) == "place"
    assert path.read_bytes() == b"somebody's new file"
    assert is_as_it_was(place)


def test_an_equal_file_that_somebody_else_put_there_is_not_it(tmp_path: Path) -> None:
    path, place = made(tmp_path / "home"), made(tmp_path / "place")
    os.utime(path, ns=(WHEN + 10**12, WHEN + 10**12))
    assert settled(path, place, homeward=False) == "place"
    assert is_as_it_was(place)


def test_a_held_name_is_given_up_on_the_way_home_only(tmp_path: Path) -> None:
    path, place = made(tmp_path / "home", b""), made(tmp_path / "place")
    os.utime(path, ns=(WHEN + 1, WHEN + 1))
    assert settled(path, place, homeward=False) == "place"
    assert path.exists()
    assert settled(path, place, homeward=True) == "place"
    assert not path.exists()


def test_where_a_link_was_to_be_left(tmp_path: Path) -> None:
    keeper, path, place = made(tmp_path / "keeper"), tmp_path / "home", made(tmp_path / "place")
    assert settled(path, place, homeward=False, keeper=keeper) == "path", "the link was never left: it goes back"
    assert is_as_it_was(path)
    path.rename(place)
    path.hardlink_to(keeper)
    assert settled(path, place, homeward=False, keeper=keeper) == "place"
    assert settled(path, place, homeward=True, keeper=keeper) == "place"
    assert is_as_it_was(place)


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(min_size=1, max_size=60).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_no_name_leads_out_of_quarantine(name: bytes) -> None:
    given_name = quarantine.name_for("0123456789abcdef0123", b"/photos/" + name)
    assert given_name.startswith("0123456789abcdef0123")
    assert len(given_name) <= 29
    assert given_name.replace(".", "").isalnum()
    place = quarantine.place_text(Path("/w"), Path("/w/quarantine"), "plan", given_name)
    assert quarantine.place_bytes(Path("/w"), place) == b"/w/quarantine/plan/" + given_name.encode()


def test_places_move_with_the_workspace_and_stay_on_other_volumes() -> None:
    inside = quarantine.place_text(Path("/w"), Path("/w/quarantine"), "plan", "id.jpg")
    assert quarantine.place_bytes(Path("/moved"), inside) == b"/moved/quarantine/plan/id.jpg"
    outside = quarantine.place_text(Path("/w"), Path("/disk/é quarantine"), "plan", "id.jpg")
    assert quarantine.place_bytes(Path("/moved"), outside) == "/disk/é quarantine/plan/id.jpg".encode()


def test_the_quarantine_of_the_volume_is_chosen(file: Path, tmp_path: Path, elsewhere: Path) -> None:
    own, other = elsewhere / "w" / "quarantine", tmp_path / "not yet made" / "q"
    assert quarantine.root_for(path_of(file), own, [other]) == (other, True)
    assert quarantine.root_for(path_of(file), own) == (own, False)
    assert quarantine.root_for(path_of(elsewhere / "x"), own, [other]) == (own, True)
    assert quarantine.root_for(b"/no/such/folder/x", own) == (own, True)
