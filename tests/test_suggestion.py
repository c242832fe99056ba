"""Suggestions: making them, deciding about them, and what suggesters may do wrong."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import fill, image_ids, jpeg, png

import workbench as wb
from workbench import profiles, suggesters, suggestion
from workbench.errors import BadValue, NotFound, Stale
from workbench.suggesters import Subject, Suggestion, Trouble, Wants
from workbench.suggesters.judging import Judge

TITLE, KEYWORDS = "Xmp.dc.title", "Xmp.dc.subject"


class Says:
    """A suggester that says what it is told."""

    model, version = "told", "1"

    def __init__(
        self, says: Callable[[Subject], Iterator[Any]], *, name: str = "says", wants: Wants = "metadata"
    ) -> None:
        self.says, self.name, self.wants = says, name, wants

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Any]:
        for subject in subjects:
            yield from self.says(subject)


def says(field: str, *values: str, lang: str | None = None, sure: Any = 0.5, **more: Any) -> Says:
    return Says(lambda s: (Suggestion(s.image_id, field, lang, v, sure, "told", "1", "") for v in values), **more)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("suggestion")
    files = {"a.jpg": jpeg(1, "Old title", ("dog",)), "b.png": png(2), "c.png": png(3)}
    with wb.open(home / "ws", actor="ann") as opened:
        opened.scan(fill(home / "src", files), progress=False)
    return home


@pytest.fixture
def ws(scanned: Path, tmp_path: Path) -> Iterator[wb.Bench]:
    """A workspace of one's own, with what was scanned once."""
    shutil.copytree(scanned / "ws", tmp_path / "ws")
    with wb.open(tmp_path / "ws", actor="ann") as opened:
        yield opened


def ids_by_value(ws: wb.Bench, path: str) -> dict[str, str]:
    found = ws.suggestions(image_ids(ws)[path])
    return dict(zip(found["value"], found["suggestion_id"], strict=True))


def values(ws: wb.Bench, path: str, field: str) -> list[tuple[Any, str, str]]:
    found = ws.sql(
        "select lang, value, origin from metadata join images using (image_id) where path = $path and field = $field "
        "order by lang nulls first, ordinal",
        {"path": path, "field": field},
    )
    return [(None if lang != lang else lang, v, o) for lang, v, o in found.itertuples(index=False)]


def status(ws: wb.Bench, path: str) -> dict[str, str]:
    found = ws.suggestions(image_ids(ws)[path])
    return dict(zip(found["value"], found["status"], strict=True))


def test_a_suggestion_is_no_value_until_it_is_accepted(ws: wb.Bench) -> None:
    report = ws.suggest(None, [says(KEYWORDS, "cat")])
    assert (report.images, report.kept, report.outcome) == (3, 3, "finished")
    assert values(ws, "b.png", KEYWORDS) == []
    ws.accept([ids_by_value(ws, "b.png")["cat"]], reason="right")
    assert values(ws, "b.png", KEYWORDS) == [(None, "cat", "suggested")]
    assert status(ws, "b.png") == {"cat": "accepted"}


def test_accepting_adds_to_a_list_and_keeps_what_the_file_says(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
    found = ids_by_value(ws, "a.jpg")
    ws.accept([found["cat"], found["bird"]])
    assert values(ws, "a.jpg", KEYWORDS) == [
        (None, "dog", "entered"), (None, "cat", "suggested"), (None, "bird", "suggested"),
    ]  # fmt: skip


def test_accepting_a_language_keeps_the_others(ws: wb.Bench) -> None:
    ws.suggest(None, [says(TITLE, "Neuer Titel", lang="de")])
    ws.accept(list(ids_by_value(ws, "a.jpg").values()))
    assert values(ws, "a.jpg", TITLE) == [("de", "Neuer Titel", "suggested"), ("x-default", "Old title", "entered")]


def test_many_accepted_at_once_are_one_change_that_can_be_undone(ws: wb.Bench) -> None:
    ws.suggest(None, [says(TITLE, "New title"), says(KEYWORDS, "cat", name="other")])
    ids = [name for path in image_ids(ws) for name in ids_by_value(ws, path).values()]
    events = ws.accept(ids)
    assert [event.kind for event in events] == ["values_changed"] + ["suggestion_accepted"] * 6
    assert events[1].payload.keys() >= {"image_id", "field", "lang", "value", "suggested", "confidence", "model"}
    ws.undo(events[0].seq)
    assert values(ws, "a.jpg", TITLE) == [("x-default", "Old title", "xmp")]
    assert values(ws, "b.png", KEYWORDS) == []
    assert set(status(ws, "b.png").values()) == {"open"}, "it can be accepted again"
    ws.accept(ids)
    assert values(ws, "b.png", KEYWORDS) == [(None, "cat", "suggested")]


def test_accepting_twice_is_accepting_once(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat")])
    ids = list(ids_by_value(ws, "b.png").values())
    assert len(ws.accept(ids * 2)) == 2
    assert ws.accept(ids) == []
    with pytest.raises(Stale):
        ws.reject(ids)
    with pytest.raises(Stale):
        ws.edit(ids[0], "tomcat")


def test_editing_enters_the_other_value_and_remembers_the_suggestion(ws: wb.Bench) -> None:
    ws.suggest(None, [says(TITLE, "Red sho")])
    [name] = ids_by_value(ws, "b.png").values()
    events = ws.edit(name, " Red shoe\x00 ")
    assert events[-1].kind == "suggestion_edited"
    assert (events[-1].payload["suggested"], events[-1].payload["value"]) == ("Red sho", "Red shoe")
    assert values(ws, "b.png", TITLE) == [("x-default", "Red shoe", "suggested")]
    with pytest.raises(BadValue):
        ws.edit(ids_by_value(ws, "c.png")["Red sho"], "  ")
    again = ws.edit(ids_by_value(ws, "c.png")["Red sho"], "Red sho")
    assert again[-1].kind == "suggestion_accepted", "nothing was changed about it"


def test_what_was_rejected_is_not_proposed_again_by_the_same_model(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
    ws.reject([ids_by_value(ws, "b.png")["cat"]])
    assert ws.acceptance_rates()["rejected"].tolist() == [1]
    assert ws.suggest(None, [says(KEYWORDS, "cat", "bird")]).kept == 5
    assert ids_by_value(ws, "b.png").keys() == {"bird"}
    newer = says(KEYWORDS, "cat")
    newer.says = lambda s: iter([Suggestion(s.image_id, KEYWORDS, None, "cat", 0.5, "another model", "1")])
    ws.suggest(None, [newer])
    assert ids_by_value(ws, "b.png").keys() == {"cat"}, "another model may try"


def test_a_rejected_suggestion_can_still_be_accepted(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat")])
    ids = list(ids_by_value(ws, "b.png").values())
    ws.reject(ids)
    assert ws.reject(ids) == []
    ws.accept(ids)
    assert status(ws, "b.png") == {"cat": "accepted"}
    assert ws.acceptance_rates()[["accepted", "rejected"]].iloc[0].tolist() == [1, 0], "the last decision counts"


def test_decisions_outlive_a_rebuild_and_a_move(ws: wb.Bench, scanned: Path) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
    ws.reject([ids_by_value(ws, "b.png")["cat"]])
    ws.accept([ids_by_value(ws, "c.png")["bird"]])
    source = scanned / "src"
    (source / "b.png").rename(source / "moved.png")
    try:
        ws.scan(source, progress=False)
        ws.rebuild(progress=False)
        ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
        assert ids_by_value(ws, "moved.png").keys() == {"bird"}
        assert ws.acceptance_rates()["n"].sum() == 2
        assert ws.check().empty
    finally:
        (source / "moved.png").rename(source / "b.png")


def test_nothing_is_proposed_that_is_there_or_that_somebody_entered_himself(ws: wb.Bench) -> None:
    ws.set_values([image_ids(ws)["b.png"]], {TITLE: {"x-default": "Mine"}})
    ws.set_values([image_ids(ws)["c.png"]], {TITLE: None})
    ws.suggest(None, [says(TITLE, "Theirs"), says(KEYWORDS, "dog", name="other")])
    assert ids_by_value(ws, "a.jpg").keys() == {"Theirs"}
    assert ids_by_value(ws, "b.png").keys() == {"dog"}
    assert ids_by_value(ws, "c.png").keys() == {"dog"}, "the title was emptied on purpose"


def test_a_new_run_replaces_what_the_same_suggester_said_of_these_images(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat"), says(KEYWORDS, "cow", name="other")])
    ws.suggest([image_ids(ws)["b.png"]], [says(KEYWORDS, "bird")])
    assert ids_by_value(ws, "b.png").keys() == {"bird", "cow"}
    assert ids_by_value(ws, "c.png").keys() == {"cat", "cow"}


def test_the_form_gets_the_surest_of_each_value_first(ws: wb.Bench) -> None:
    image_id = image_ids(ws)["b.png"]
    ws.suggest(None, [says(KEYWORDS, "cat", sure=0.4), says(KEYWORDS, "cat", sure=0.8, name="surer")])
    ws.suggest(None, [says(KEYWORDS, "bird", "cow", sure=0.6, name="third"), says(TITLE, "T", name="fourth")])
    found = suggestion.for_form(ws, image_id)
    assert (found[KEYWORDS][0]["confidence"], found[KEYWORDS][0]["suggester"]) == (0.8, "surer")
    assert [s["value"] for s in found[KEYWORDS]] == ["cat", "bird", "cow"]
    assert suggestion.for_form(ws, image_id, [TITLE]).keys() == {TITLE}
    assert len(suggestion.for_form(ws, image_id, most=2)[KEYWORDS]) == 2
    ws.accept([found[KEYWORDS][0]["suggestion_id"]])
    assert [s["value"] for s in suggestion.for_form(ws, image_id)[KEYWORDS]] == ["bird", "cow"]


def test_the_form_learns_what_one_suggestion_hides(ws: wb.Bench) -> None:
    image_id = image_ids(ws)["b.png"]
    ws.suggest(None, [says(KEYWORDS, "cat", sure=0.4), says(KEYWORDS, "cat", sure=0.8, name="surer")])
    [shown] = suggestion.for_form(ws, image_id)[KEYWORDS]
    [hidden] = shown["also"]
    assert (hidden["confidence"], shown["confidence"]) == (0.4, 0.8)
    ws.reject([shown["suggestion_id"], hidden["suggestion_id"]])
    assert suggestion.for_form(ws, image_id) == {}


def test_a_rejection_is_taken_back(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
    ids = list(ids_by_value(ws, "b.png").values())
    first = ws.reject(ids)[0]
    assert ws.undo(first.seq).kind == "suggestion_reopened"
    assert sorted(status(ws, "b.png").values()) == ["open", "rejected"]
    with pytest.raises(Stale, match="no longer"):
        ws.undo(first.seq)
    assert len(ws.reopen(ids)) == 1
    assert set(status(ws, "b.png").values()) == {"open"}
    assert ws.acceptance_rates().empty
    ws.rebuild(workers=1, progress=False)
    ws.suggest(None, [says(KEYWORDS, "cat", "bird")])
    assert set(status(ws, "b.png").values()) == {"open"}


def test_ids_that_are_not_there(ws: wb.Bench) -> None:
    for verb in (ws.accept, ws.reject):
        with pytest.raises(NotFound):
            verb(["0" * 16])
        with pytest.raises(BadValue):
            verb("0" * 16)
        assert verb([]) == []
    with pytest.raises(NotFound):
        ws.suggest(["0" * 20])
    with pytest.raises(NotFound):
        ws.suggest(None, ["horoscope"])
    with pytest.raises(BadValue):
        ws.suggest(None, "names")


# -- suggesters that misbehave


def test_nonsense_costs_only_itself(ws: wb.Bench) -> None:
    def nonsense(s: Subject) -> Iterator[Any]:
        good = Suggestion(s.image_id, KEYWORDS, None, "cat", 0.5, "told", "1")
        yield from (good, None, 7, "text", Trouble(s.image_id, "too dark"))
        for field, value, sure in [
            (KEYWORDS, "x", 7), (KEYWORDS, "x", -0.1), (KEYWORDS, "x", float("nan")), (KEYWORDS, "x", True),
            (KEYWORDS, "x", "high"), (KEYWORDS, "", 0.5), (KEYWORDS, "\x00", 0.5), (KEYWORDS, 5, 0.5),
            (KEYWORDS, "x" * 200_000, 0.5), ("Xmp.no.such", "x", 0.5), (None, "x", 0.5),
            ("Xmp.iptcExt.LocationShown", "x", 0.5),
        ]:  # fmt: skip
            yield Suggestion(s.image_id, field, None, value, sure, "told", "1")
        yield Suggestion("another image", KEYWORDS, None, "x", 0.5, "told", "1")
        yield Suggestion(s.image_id, TITLE, "'; drop table", "x", 0.5, "told", "1")

    report = ws.suggest(None, [Says(nonsense), says(KEYWORDS, "cow", name="other")])
    assert (report["says"].kept, report["says"].refused, report["says"].trouble_count) == (3, 3 * 17, 3 * 18)
    assert len(report["says"].troubles) == 20
    assert report["other"].kept == 3
    assert ids_by_value(ws, "b.png").keys() == {"cat", "cow"}


def test_one_that_fails_is_reported_and_the_others_go_on(ws: wb.Bench) -> None:
    def fails(s: Subject) -> Iterator[Any]:
        yield Suggestion(s.image_id, KEYWORDS, None, "cat", 0.5, "told", "1")
        raise OSError("no more")

    ws.suggest(None, [says(KEYWORDS, "old", name="fails")])
    report = ws.suggest(None, [Says(fails, name="fails"), says(KEYWORDS, "cow", name="other")])
    assert "no more" in report["fails"].troubles[0].message
    assert report["other"].kept == 3
    assert ids_by_value(ws, "b.png").keys() == {"old", "cow"}, "what it had said before stays"
    assert "fails" in str(report)
    assert report.as_dict()["suggesters"][0]["trouble_count"] == 1


def test_one_that_always_fails_is_given_up(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestion, "_AT_ONCE", {"image": 1})
    monkeypatch.setattr(suggestion, "_FAILURES", 2)
    asked = []

    def fails(s: Subject) -> Iterator[Any]:
        asked.append(s.image_id)
        raise SystemExit(3)

    report = ws.suggest(None, [Says(fails, wants="image")])
    assert report["says"].outcome == "gave up"
    assert len(asked) == 2


def test_one_that_hangs_is_left_behind(ws: wb.Bench) -> None:
    over = threading.Event()

    def hangs(s: Subject) -> Iterator[Any]:
        yield Suggestion(s.image_id, KEYWORDS, None, "cat", 0.5, "told", "1")
        over.wait()

    report = ws.suggest(None, [Says(hangs), says(KEYWORDS, "cow", name="other")], patience=0.05)
    over.set()
    assert report["says"].outcome == "gave up"
    assert "0.05 seconds" in report["says"].troubles[0].message
    assert report["other"].kept == 3


def test_one_that_never_ends_is_cut_off(ws: wb.Bench) -> None:
    def endless(s: Subject) -> Iterator[Any]:
        while True:
            yield Suggestion(s.image_id, KEYWORDS, None, "cat", 0.5, "told", "1")

    report = ws.suggest(None, [Says(endless)])
    assert report["says"].proposed == 600
    assert "left out" in report["says"].troubles[-1].message


def test_cancelling_keeps_what_was_proposed(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestion, "_AT_ONCE", {"image": 1})
    cancel, seen = threading.Event(), []

    def progress(where: suggestion.SuggestProgress) -> None:
        seen.append((where.suggester, where.done, where.total))
        cancel.set()

    report = ws.suggest(None, [says(KEYWORDS, "cat", wants="image")], progress=progress, cancel=cancel)
    assert report.outcome == report["says"].outcome == "cancelled"
    assert seen == [("says", 1, 3)]
    assert report.kept == 1


def test_a_plug_in_comes_by_its_entry_point(ws: wb.Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(
        tmp_path / "plugins",
        {
            "acme.py": (
                b"from workbench.suggesters import Suggestion\n"
                b"class Acme:\n"
                b"    name, model, version, wants = 'acme', 'm', '2', 'metadata'\n"
                b"    def __init__(self, setting):\n        self.word = setting.options['word']\n"
                b"    def suggest(self, subjects):\n"
                b"        for s in subjects:\n"
                b"            yield Suggestion(s.image_id, 'Xmp.dc.subject', None, self.word, .5, 'm', '2')\n"
            ),
            "acme-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: acme\nVersion: 1\n",
            "acme-1.dist-info/entry_points.txt": b"[workbench.suggesters]\nacme = acme:Acme\nbroken = acme:Missing\n",
        },
    )
    monkeypatch.syspath_prepend(str(tmp_path / "plugins"))
    assert suggesters.available()["acme"] == "acme:Acme"
    report = ws.suggest(None, ["broken", "acme"], options={"acme": {"word": "plugged"}})
    assert report["broken"].outcome == "gave up"
    assert ids_by_value(ws, "b.png").keys() == {"plugged"}


def test_the_workspace_file_may_hold_options(ws: wb.Bench) -> None:
    with (ws.folder / "workspace.toml").open("a", encoding="utf-8") as file:
        file.write('\n[suggesters.onnx]\nmodel = "nowhere.onnx"\n')
    with wb.open(ws.folder) as again, pytest.raises(BadValue, match=r"nowhere\.onnx"):
        again.suggest(None, ["onnx"])
    ws.settings["suggesters"] = {"names": 3}
    with pytest.raises(BadValue, match=r"workspace\.toml"):
        ws.suggest(None, ["names"])


def test_a_profile_says_what_is_wanted_and_how_it_is_written(ws: wb.Bench) -> None:
    shop = profiles.load("ecommerce")
    judge = Judge(shop)

    def fit(field: str, value: str) -> Any:
        found = judge.fit(Suggestion("i", field, None, value, 0.5, "m", "1"), {"i"})
        return found and found.value

    assert fit("Xmp.wb.sku", "RJ-1042-NVY") == "RJ-1042-NVY"
    assert fit("Xmp.wb.sku", "rain jacket") is None
    assert fit("Xmp.wb.claimNumber", "1") is None
    assert fit("Xmp.photoshop.Urgency", "1") is None
    medical = Judge(profiles.load("medical"))
    assert medical.fit(Suggestion("i", "Xmp.iptcExt.PersonInImage", None, "Ann", 0.5, "m", "1"), {"i"}) is None
    report = ws.suggest(None, [says("Xmp.wb.sku", "AB-1"), says(KEYWORDS, "cat", name="other")], profile=shop)
    assert report["says"].kept == 3


# -- rates


def test_rates_have_the_interval_by_wilson(ws: wb.Bench) -> None:
    ws.suggest(None, [says(KEYWORDS, *map(str, range(10)), sure=0.7)])
    found = ids_by_value(ws, "b.png")
    ws.accept([found[str(n)] for n in range(8)])
    ws.edit(found["8"], "eight")
    ws.reject([found["9"]])
    [row] = ws.acceptance_rates().to_dict("records")
    assert (row["n"], row["accepted"], row["edited"], row["rejected"]) == (10, 8, 1, 1)
    assert (row["suggester"], row["field"], row["confidence_from"], row["confidence_to"]) == (
        "says", KEYWORDS, pytest.approx(0.6), pytest.approx(0.8),
    )  # fmt: skip
    assert row["rate"] == pytest.approx(0.8)
    # Wilson's interval for 8 of 10, as tables print it
    assert (row["low"], row["high"]) == (pytest.approx(0.490, abs=5e-4), pytest.approx(0.943, abs=5e-4))


@given(st.text(), st.one_of(st.none(), st.text(), st.floats(), st.integers()), st.one_of(st.text(), st.none()))
def test_whatever_a_suggester_says_is_kept_whole_or_refused(value: str, sure: Any, lang: str | None) -> None:
    found = Judge().fit(Suggestion("i", TITLE, lang, value, sure, "m", "1"), {"i"})
    if not isinstance(found, Trouble):
        assert found is not None
        assert 0 <= found.confidence <= 1
        assert found.value.strip() == found.value != ""
        assert not set(found.value) & set("\x00\x07\x1b\ufffe\r")
