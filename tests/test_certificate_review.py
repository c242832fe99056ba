"""Looking at the sample of a removal: pair by pair, in any order, by anybody, and what is shown of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reviewed_collection import workspace
from small_collections import command
from waiting import until

import workbench as wb
from workbench.certificate_review import CertificateSession
from workbench.errors import BadValue, NotFound

PROVED = ["exact", "same-picture"]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clusters of three images, of two kinds that are proved."""
    made = workspace(tmp_path_factory.mktemp("sample"), 8, copies=2)
    made.close()
    return made.folder


@pytest.fixture
def begun(ws: wb.Bench) -> Iterator[Callable[..., CertificateSession]]:
    """Sessions over a sample of a plan, closed at the end."""
    opened: list[CertificateSession] = []

    def begin(n: int = 4) -> CertificateSession:
        plan = ws.dedup.plan(relations=PROVED, undecided=True)
        opened.append(CertificateSession(ws.dedup.certify(plan, n, seed=5, what="copies")))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def test_every_pair_once_and_then_what_the_sample_shows(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    seen = []
    for _ in range(4):
        told = session.view()
        cluster = told["pair"]["cluster"]
        seen.append((cluster["keeper"], cluster["looked"]))
        assert [one["image_id"] for one in cluster["members"]] == [cluster["keeper"], cluster["looked"]]
        assert "no statement yet" in told["statement"]
        session.judge("right", place=told["pair"]["place"])
    drawn = session.draw.frame()
    assert seen == list(zip(drawn["keeper_id"], drawn["image_id"], strict=True))
    assert len(set(seen)) == 4
    told = session.view()
    assert (told["pair"], told["finished"], told["progress"]["left"]) == (None, True, 0)
    assert told["statement"] == session.draw.result().statement
    assert "none was wrong" in told["statement"]
    with pytest.raises(NotFound, match="All pairs"):
        session.judge("right")


def test_what_is_said_of_another_pair_than_the_one_shown_is_not_heard(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    assert session.judge("right", place=0)["pair"]["place"] == 1
    assert session.judge("wrong", place=0)["pair"]["place"] == 1
    assert session.draw.result().wrong == 0


def test_back_to_the_last_one_and_the_last_word_counts(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    with pytest.raises(NotFound, match="haven't said"):
        session.back()
    session.judge("wrong", note="other colour")
    session.judge("right")
    assert session.back()["pair"]["place"] == 1
    told = session.back()["pair"]
    assert (told["place"], told["verdict"], told["note"], told["judged_by"]) == (0, "wrong", "other colour", "ann")
    told = session.judge("unsure")
    assert told["pair"]["place"] == 2
    assert (told["progress"]["wrong"], session.draw.frame()["verdict"].tolist()[:2]) == (1, ["unsure", "right"])


def test_one_can_look_without_saying_and_skipped_pairs_come_again(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    assert session.next()["pair"]["place"] == 1
    session.judge("right")
    session.judge("right")
    assert session.judge("right")["pair"]["place"] == 0
    assert session.previous()["pair"]["place"] == 0
    assert session.judge("right")["pair"] is None
    assert session.previous()["pair"]["place"] == 3
    assert session.next()["pair"]["place"] == 3


def test_what_cant_be_said(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    with pytest.raises(BadValue, match="maybe"):
        session.judge("maybe")
    with pytest.raises(BadValue, match="too long"):
        session.judge("right", note="x" * 2_001)
    with pytest.raises(BadValue, match="edge"):
        session.peek(10)
    with pytest.raises(NotFound):
        session.picture("0" * 20)
    assert session.draw.result().judged == 0


def test_pictures_come_ahead(begun: Callable[..., CertificateSession]) -> None:
    session = begun()
    ahead: list[str] = []
    session.on_ahead = ahead.append
    assert session.peek(400)["next"] == 1
    until(lambda: len(ahead) >= 6)
    assert session.picture(ahead[0], 400).buffers[0][:2] == b"\xff\xd8"
    assert len(session.thumbs(ahead[:2]).buffers) == 2


def test_images_that_changed_or_went_since_are_said_so(
    ws: wb.Bench, begun: Callable[..., CertificateSession], scanned: Path
) -> None:
    session = begun()
    first, second = session.draw.frame().to_dict("records")[:2]
    with ws.catalog.writing() as connection:
        connection.execute("update image_facts set checksum = 'x' where image_id = ?", [first["image_id"]])
        connection.execute("delete from image_facts where image_id = ?", [second["image_id"]])
    told = session.view()["pair"]
    assert told["changed"] == f"Changed since the sample was drawn: {first['path']}."
    told = session.next()["pair"]
    assert "cluster" not in told
    assert told["missing"] == f"Only {second['keeper_path']} is in the collection any more."
    assert session.judge("wrong")["progress"]["wrong"] == 1


def test_drawn_on_the_command_line(ws: wb.Bench) -> None:
    which = ["--relation", "exact", "--undecided", "--workspace", str(ws.folder)]
    line = command("dedup", "certify", *which, "--count", "2", "--seed", "5", "--json")
    assert line.returncode == 0, line.stderr
    told = json.loads(line.stdout)
    assert (told["population"], told["sampled"], told["seed"]) == (4, 2, "5")
    wb.CertificateReview(ws, told["draw_id"]).close()
    again = command("dedup", "certify", "--workspace", str(ws.folder), "--draw", told["draw_id"])
    assert "0 of the 2 pairs drawn have been looked at" in again.stdout
    words = command("dedup", "certify", *which)
    assert "wb.CertificateReview(ws, " in words.stdout
