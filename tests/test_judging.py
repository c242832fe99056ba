"""What verification said is remembered, by the code and the thresholds that said it, and never beyond."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from picture_files import encoded, photograph
from small_collections import fill

import workbench as wb
from workbench import deciding, dedup
from workbench.dedup_settings import Settings
from workbench.errors import StorageError
from workbench.finders import judging
from workbench.finders.judging import Content, Judge, Proposed
from workbench.relations import Pair
from workbench.verification import Thresholds

TASK = "workbench.comparing:compare"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    one = photograph(420, 300, 1)
    made = {"one.jpg": encoded(one, "JPEG", quality=92), "half.jpg": encoded(one.resize((210, 150)), "JPEG")}
    fill(tmp_path / "in", {**made, "other.jpg": encoded(photograph(420, 300, 2), "JPEG")})
    with wb.open(tmp_path / "ws", actor="tester") as bench:
        bench.scan(tmp_path / "in", workers=1, progress=False)
        yield bench


def proposed(ws: wb.Bench, one: str = "half.jpg", other: str = "one.jpg") -> Proposed:
    rows = ws.sql(
        "select path, image_id, checksum, uri, coalesce(picture_hash, checksum) as content from image_facts"
    ).set_index("path")
    both = [Content(*rows.loc[path, ["content", "image_id", "checksum", "uri"]]) for path in (one, other)]
    return Proposed(both[0], both[1], "", {})


def judged(ws: wb.Bench, method: str = "content", **options: object) -> list[Pair]:
    with Judge(ws, method, TASK, Settings(), 1, **options) as judge:  # type: ignore[arg-type]  # as given
        return list(judge.pairs([proposed(ws)]))


def note(ws: wb.Bench, key: str, relation: str) -> None:
    wanted = proposed(ws)
    contents = sorted((wanted.one.content, wanted.other.content))
    with ws.catalog.writing() as connection:
        connection.execute(
            ws.catalog.named("note_checks").sql,
            {
                "contents_a": [contents[0]], "contents_b": [contents[1]], "method": key,
                "relations": [relation], "scores": [0.25], "evidences": [json.dumps({})],
            },
        )  # fmt: skip


def remembered(ws: wb.Bench) -> list[tuple[str, str]]:
    rows = ws.sql("select method, relation from pair_checks order by method")
    return [(method.split(" ")[0], relation) for method, relation in rows.itertuples(index=False)]


@pytest.mark.parametrize("key", ["verification 4 01234567", "content 01234567 89abcdef"])
def test_what_other_code_or_other_thresholds_said_is_asked_again_and_forgotten(ws: wb.Bench, key: str) -> None:
    note(ws, key, "unrelated")
    [pair] = judged(ws)
    assert pair.relation == "fuzzy"
    assert remembered(ws) == [("content", "fuzzy")], "clusters would go on believing the other"


def test_what_was_said_is_not_looked_at_again(ws: wb.Bench) -> None:
    note(ws, judging.key_of("content", Thresholds()), "variant")
    [pair] = judged(ws)
    assert (pair.relation, pair.score) == ("variant", 0.25)


@pytest.mark.parametrize(("said", "answer"), [("variant", "variant"), ("unrelated", "fuzzy")])
def test_what_a_trusted_method_found_counts_but_not_what_it_did_not_find(ws: wb.Bench, said: str, answer: str) -> None:
    note(ws, judging.key_of("fuzzy", Thresholds()), said)
    [pair] = judged(ws, trusted=["fuzzy"])
    assert (pair.relation, pair.method) == (answer, "content")
    assert ("fuzzy", said) in remembered(ws), "it is another method's"


def test_a_look_that_failed_is_no_answer(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.thumbnails.close()
    for file in (ws.folder / "thumbnails").glob("*"):
        file.unlink()
    wanted = proposed(ws)
    gone = wanted._replace(one=wanted.one._replace(uri=wanted.one.uri + "-gone"))
    with wb.open(ws.folder, actor="tester") as again:
        with Judge(again, "content", TASK, Settings(), 1) as judge:
            assert list(judge.pairs([gone])) == []
        assert remembered(again) == []
        assert [pair.relation for pair in judged(again)] == ["fuzzy"]


def crash(item: object) -> None:
    raise RuntimeError("broken to pieces")


def test_a_search_whose_every_comparison_crashes_is_not_taken_for_done(
    ws: wb.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "_TOO_MANY", 2)
    wanted = [proposed(ws), proposed(ws, "other.jpg")]
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    judge = Judge(ws, "content", f"{__name__}:crash", Settings(), math.inf)
    with judge, pytest.raises(StorageError, match="2 tries in a row") as caught:
        list(judge.pairs(wanted))
    assert "broken to pieces" in str(caught.value.hint)
    assert remembered(ws) == []


def test_a_method_that_is_done_is_run_again_by_other_code(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(method: str) -> str:
        return dedup.find_duplicates(ws, [method])[method].outcome

    assert [outcome("fuzzy"), outcome("exact")] == ["finished", "finished"]
    assert [outcome("fuzzy"), outcome("exact")] == ["unchanged", "unchanged"]
    monkeypatch.setattr(dedup, "code_digest", lambda: "01234567")
    assert [outcome("fuzzy"), outcome("exact")] == ["finished", "unchanged"]


def test_the_digest_is_of_all_code_that_decides() -> None:
    named = set(deciding.deciding_modules())
    assert named >= {"comparing", "derivation", "differences", "features", "tones", "verification"}
    assert named.isdisjoint({"images", "sources", "workspace"})
    digest = deciding.code_digest()
    assert len(digest) == 8
    assert digest == f"{int(digest, 16):08x}"
