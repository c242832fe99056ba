"""What a report says of how sure it is that duplicates are duplicates: by looking at a sample, and by trying out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from workbench.calibration_figures import Pairs, made_alike, pairs_tried
from workbench.certificate import Certificate, certificates
from workbench.intervals import clopper_pearson
from workbench.report_model import Number, Part, Remark, Section
from workbench.report_questions import Asked
from workbench.report_words import Words


def section(asked: Asked) -> Section:
    """Return the section of the report."""
    made = Section("sure", asked.words("section.sure"))
    for one in certificates(asked.ws):
        made.add(*_certificate(asked.words, one))
    calibrated = asked.table("report_calibration")
    if calibrated.num_rows:
        made.add(asked.words("intro.calibration"), _recall(asked, calibrated))
        reviewed = any(row["decision"] != "skipped" for row in asked.rows("report_reviews"))
        said = taken_wrongly(asked.words, pairs_tried(calibrated.to_pylist()), reviewed=reviewed)
        made.add(" ".join(said))
    return made if made.parts else made.add(asked.words("not_sure"))


# -- by looking


def _certificate(words: Words, one: Certificate) -> list[Part]:
    what = words.sentence(one.what)
    if not one.judged:
        return [Remark(words("certificate_open", what=what, n=words.count(one.sampled)), look="warn")]
    made = clopper_pearson(one.wrong, one.judged, population=one.population)
    note = f"{what}; {_errors(words, one)}" if one.wrong else what
    number = Number(
        f"certified_wrong:{one.draw_id}", words("certified_wrong"), one.wrong / one.judged, "share", one.judged,
        made.low, made.high, words("at_95", method=words.sentence(made.method)), "certificates", note=note,
    )  # fmt: skip
    drawn = words(
        "certificate", sampled=words.count(one.sampled), population=words.count(one.population), seed=one.seed
    )
    return [number, Remark(drawn, " ".join(certified(words, one)))]


def certified(words: Words, one: Certificate) -> Iterator[str]:
    """Say what a sample shows, as `workbench.certificate.Certificate.statement` does, in a report's language."""
    count, population = words.count, words.count(one.population)
    if one.most_wrong is None:
        yield words("certificate_begun", judged=count(one.judged), sampled=count(one.sampled))
        return
    yield words("certificate_looked", sampled=count(one.sampled), population=population, errors=_errors(words, one))
    if one.sampled == one.population:
        yield words("certificate_all")
    elif one.most_wrong == one.population:
        yield words("certificate_nothing")
    else:
        sure, bound = f"{one.confidence * 100:.6g}", words.bound((one.most_wrong + 1) / one.population)
        yield words("certificate_bound", sure=sure, bound=bound, most=count(one.most_wrong), population=population)
        if one.said_wrong:
            yield words("certificate_least", n=count(one.least_wrong or 0))


def _errors(words: Words, one: Certificate) -> str:
    said = {"errors_said": one.said_wrong, "errors_unsure": one.unsure}
    return ", ".join(words(key, n=words.count(n)) for key, n in said.items() if n) or words("errors_none")


# -- by trying out


def _recall(asked: Asked, data: pa.Table) -> Part | None:
    rows = [row for row in data.to_pylist() if row["part"] == "recall" and row["tried"]]
    if not rows:
        return None
    listed = pa.Table.from_pylist(
        [
            {"edit": asked.words.sentence(row["says"]), "part": row["share"], "part_low": row["low"],
             "part_high": row["high"], "part_n": row["tried"]}
            for row in rows
        ]
    )  # fmt: skip
    return asked.listed("calibration", listed, "edit", "part", query="report_calibration")


def taken_wrongly(words: Words, pairs: Sequence[Pairs], *, reviewed: bool) -> Iterator[str]:
    """Say what is known of pairs taken for duplicates wrongly, and how bad it can be where nothing is known.

    Parameters
    ----------
    words : Words
    pairs : sequence of Pairs
        Of the last calibration.
    reviewed : bool
        Whether somebody has decided anything about duplicates.
    """
    count = words.count
    for whole in (one for one in pairs if one.kind == "all"):
        told = {"tried": whole.tried, "accepted": whole.accepted, "refuted": whole.refuted}
        yield words("tried_pairs", **{key: count(n) for key, n in told.items()}, bound=words.bound(whole.bound))
        if left := whole.accepted - whole.refuted:
            yield words("tried_seen" if reviewed else "tried_unseen", n=count(left), worst=words.bound(whole.worst))
    alike = made_alike(pairs)
    if taken := sum(one.accepted for one in alike):
        most = max(alike, key=lambda one: one.accepted / one.tried)
        told = {"tried": sum(one.tried for one in alike), "n": taken, "k": most.accepted, "of": most.tried}
        yield words("tried_alike", kind=words.sentence(most.says), **{key: count(n) for key, n in told.items()})
