"""Bulk work: templates, find and replace, merged keywords. A preview first, then one change that can be undone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from workbench.catalog import InvalidInput, arrow_table, rows_as
from workbench.errors import BadValue, NotFound, Stale
from workbench.events import ORIGINS, Event, pack
from workbench.fields import FIELDS, exiv2_key
from workbench.history import undo as undo_change
from workbench.tables import write_whole
from workbench.templates import FieldTemplate, Known, Template, Text, field_of, from_toml, template, to_toml
from workbench.workspace import Workspace

Entry = tuple[str | None, int, str]
"""Language, place in a list, value."""

Content = tuple[Entry, ...]
"""All of one field of one image; empty when it has nothing."""

Languages = dict[str | None, list[str]]

_LISTS = ("bag", "seq", "structures")
_LONGEST_PATTERN = 1_000


def as_content(languages: Languages) -> Content:
    """Return texts by language as a field's content."""
    return tuple((lang, place, text) for lang, texts in languages.items() for place, text in enumerate(texts))


def as_languages(content: Content) -> Languages:
    """Return a field's content as texts by language."""
    found: Languages = {}
    for lang, _, value in content:
        found.setdefault(lang, []).append(value)
    return found


def shown(content: Content) -> str:
    """Return a field's content as people read it: ``a; b``, or ``x-default: … | de: …``."""
    languages = as_languages(content)
    written = {lang: "; ".join(texts) for lang, texts in languages.items()}
    if set(written) <= {None, "x-default"}:
        return next(iter(written.values()), "")
    return " | ".join(f"{lang or 'x-default'}: {text}" for lang, text in written.items())


def is_list(key: str) -> bool:
    """Whether a field holds several values."""
    spec = FIELDS.get(key)
    return spec is not None and spec.kind in _LISTS


def has_languages(key: str) -> bool:
    """Whether a field holds a text for each language."""
    spec = FIELDS.get(key)
    return spec is not None and spec.kind == "langalt"


class Step(NamedTuple):
    """What a preview would do to one field of one image."""

    image_id: str
    field: str
    before: Content
    after: Content


@dataclass(frozen=True, slots=True)
class Refused:
    """What a preview won't do, and why."""

    image_id: str
    field: str
    reason: str


@dataclass(slots=True)
class Preview:
    """What a bulk change would do. Nothing is changed before `apply`.

    Attributes
    ----------
    what : str
        The change in a few words.
    steps : list of Step
        Every value that would change.
    unchanged : int
        Images of which nothing would change.
    refused : list of Refused
    notes : list of str
        What else should be known.
    """

    ws: Workspace
    what: str
    origin: str
    seen: int
    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    applied: Event | None = None

    @property
    def counts(self) -> dict[str, Any]:
        """Images that would change, that wouldn't, that are refused; values that would change; reasons with counts."""
        reasons: dict[str, int] = {}
        for one in self.refused:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
        return {
            "changed": len({step.image_id for step in self.steps}),
            "unchanged": self.unchanged,
            "refused": len({one.image_id for one in self.refused}),
            "values": len(self.steps),
            "reasons": reasons,
        }

    def __repr__(self) -> str:
        counts = self.counts
        lines = [
            f"{self.what}: {counts['changed']:,} images would change, {counts['unchanged']:,} would not, "
            f"{counts['refused']:,} refused."
        ]
        lines += [f"  {count:,} × {reason}" for reason, count in counts["reasons"].items()]
        lines += [f"  {note}" for note in self.notes]
        return "\n".join([*lines, "Nothing is changed yet: .frame() shows before and after, .apply() does it."])

    def frame(self, first: int | None = None) -> pd.DataFrame:
        """Return before and after: image_id, path, field, before, after.

        Parameters
        ----------
        first : int, optional
            Only so many rows; all when not given.
        """
        steps = self.steps[:first]
        paths = _paths(self.ws, [step.image_id for step in steps])
        rows = [(s.image_id, paths.get(s.image_id, ""), s.field, shown(s.before), shown(s.after)) for s in steps]
        return pd.DataFrame(rows, columns=["image_id", "path", "field", "before", "after"])

    def refusals(self) -> pd.DataFrame:
        """Return what is refused: image_id, path, field, reason."""
        paths = _paths(self.ws, [one.image_id for one in self.refused])
        rows = [(one.image_id, paths.get(one.image_id, ""), one.field, one.reason) for one in self.refused]
        return pd.DataFrame(rows, columns=["image_id", "path", "field", "reason"])

    def apply(self, reason: str = "") -> Event | None:
        """Make the change, all of it at once; return its event, None when there was nothing to do.

        Raises
        ------
        Stale
            Somebody changed one of these values after the preview was made, or it was applied already.
        """
        if self.applied is not None:
            raise Stale(f"This was applied already, as change {self.applied.seq}.", hint="Make a new preview.")
        if not self.steps:
            return None
        self._must_be_fresh()
        payload = {
            "count": len({step.image_id for step in self.steps}),
            "fields": sorted({step.field for step in self.steps}),
            "what": self.what,
        }
        records = _records(self.steps, self.origin)
        with self.ws.change(reason or self.what) as change:
            change.add("values_changed", payload, attachment=pack(records))
        self.applied = change.events[0]
        return self.applied

    def undo(self, reason: str = "", *, force: bool = False) -> Event:
        """Take back what `apply` did; see `workbench.history.undo`."""
        if self.applied is None:
            raise BadValue("This preview wasn't applied.", hint="There is nothing to undo.")
        return undo_change(self.ws, self.applied.seq, reason=reason, force=force)

    def _must_be_fresh(self) -> None:
        changed = changed_since(self.ws, [(step.image_id, step.field) for step in self.steps], self.seen)
        if changed:
            who = sorted({actor for actor, _ in changed.values()})
            raise Stale(
                f"{', '.join(who)} changed {len(changed):,} of these values after the preview was made.",
                hint="Make the preview again.",
            )


_CLEARED: tuple[tuple[None, int, None], ...] = ((None, 0, None),)


def _records(steps: list[Step], origin: str) -> list[tuple[Any, ...]]:
    return [
        (image_id, key, lang, place, value, origin)
        for image_id, key, _, after in steps
        for lang, place, value in after or _CLEARED
    ]


def changed_since(ws: Workspace, touched: list[tuple[str, str]], seq: int) -> dict[tuple[str, str], tuple[str, int]]:
    """Return which of these (image_id, field) were changed after an event: → who did it last, and when (seq)."""
    table = pa.table({"image_id": [i for i, _ in touched], "field": [f for _, f in touched]})
    with ws.reading() as connection, rows_as(connection, "touched_values", table):
        found = connection.execute(ws.catalog.named("changed_since").sql, {"seq": seq}).fetchall()
    return {(image_id, name): (actor, at) for image_id, name, at, actor in found}


def _paths(ws: Workspace, ids: list[str]) -> dict[str, str]:
    found = lent(ws, "selected_facts", selection(ids))
    return dict(zip(found["image_id"].to_pylist(), found["path"].to_pylist(), strict=True))


def selection(ids: list[str]) -> pa.Table:
    """Return the table ``selected`` for a list of ids."""
    unique = list(dict.fromkeys(ids))
    return pa.table({"image_id": pa.array(unique, pa.string()), "place": pa.array(range(len(unique)), pa.int64())})


def lent(ws: Workspace, name: str, selected: pa.Table, **parameters: Any) -> pa.Table:
    """Run a named query that asks about ``selected`` images."""
    with ws.reading() as connection, rows_as(connection, "selected", selected):
        return arrow_table(connection, ws.catalog.named(name).sql, parameters)


def ids_of(ws: Workspace, images: Any) -> list[str]:
    """Return ids for whatever names images.

    Parameters
    ----------
    images : None, list of str, DataFrame or Search
        None means all images; a DataFrame has a column ``image_id``; anything with ``ids()`` is asked for them.

    Raises
    ------
    NotFound
        An id isn't catalogued.
    BadValue
        It names no image, or can't be understood.
    """
    if images is None:
        with ws.reading() as connection:
            return list(arrow_table(connection, ws.catalog.named("all_image_ids").sql, {})["image_id"].to_pylist())
    if isinstance(images, str):
        raise BadValue("One text was given for the images.", hint="Give a list of ids, or ws.search(…).")
    found = images.ids() if hasattr(images, "ids") else images["image_id"] if hasattr(images, "columns") else images
    ids = list(dict.fromkeys(found.to_pylist() if hasattr(found, "to_pylist") else found))
    if not all(isinstance(i, str) for i in ids):
        raise BadValue("An image_id is a text of 20 hex digits.", hint="Take them from ws.search(…) or a grid.")
    unknown = ws.query("unknown_images", image_ids=ids)["image_id"].tolist() if ids else []
    if unknown:
        named = ", ".join(unknown[:3]) + " …" * (len(unknown) > 3)
        raise NotFound(f"Not catalogued: {named}.", hint="Check the ids.")
    return ids


def contents(ws: Workspace, ids: list[str], fields: Iterable[str]) -> dict[tuple[str, str], Content]:
    """Return what the metadata of images says now: (image_id, field) → content, where there is any."""
    found = lent(ws, "selected_values", selection(ids), fields=list(fields))
    gathered: dict[tuple[str, str], list[Entry]] = {}
    columns = [found[name].to_pylist() for name in ("image_id", "field", "lang", "ordinal", "value")]
    for image_id, name, lang, ordinal, value in zip(*columns, strict=True):
        gathered.setdefault((image_id, name), []).append((lang, ordinal, value))
    return {key: tuple(entries) for key, entries in gathered.items()}


class Bulk:
    """Bulk changes of a workspace: every verb returns a `Preview`.

    Examples
    --------
    >>> preview = ws.bulk.find_replace("Xmp.dc.title", "colour", "color", images)  # doctest: +SKIP
    >>> preview.frame(20)  # doctest: +SKIP
    >>> preview.apply(reason="house style")  # doctest: +SKIP
    """

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws

    # -- templates

    def template(self, made: Template | str, images: Any = None) -> Preview:
        """Fill in fields by a template.

        Parameters
        ----------
        made : Template or str
            A template, or the name of one that was saved.
        images : list of str, DataFrame or Search, optional
            All images when not given; their order is the order of ``{sequence}``.

        Notes
        -----
        An image for which a variable has nothing to say is refused for that field, unless the text says what to put
        there instead: ``{Xmp.dc.creator|or:unknown}``.
        """
        chosen = self.load_template(made) if isinstance(made, str) else made
        return self._fill(chosen, ids_of(self.ws, images), f"template {chosen.name}", "template")

    def set_values(self, values: Mapping[str, Any], images: Any, *, mode: str = "set") -> Preview:
        """Put the same values into fields of many images.

        Parameters
        ----------
        values : mapping
            Field → text, list of texts, mapping of language → text, or None to clear the field.
        images : list of str, DataFrame or Search
        mode : str
            One of `workbench.templates.MODES`.
        """
        fields = {exiv2_key(key): _literal(value, mode) for key, value in values.items()}
        chosen = Template("values", fields)
        return self._fill(chosen, ids_of(self.ws, images), f"set {', '.join(fields)}", ORIGINS[0])

    def _fill(self, chosen: Template, ids: list[str], what: str, origin: str) -> Preview:
        for key, part in chosen.fields.items():
            _check_languages(key, part)
        preview = self._preview(what, origin)
        known = as_known(self.ws, ids, chosen)
        before = contents(self.ws, ids, chosen.fields)
        for image_id in ids:
            _fill_one(preview, image_id, chosen, known.get(image_id), before)
        return preview

    def _preview(self, what: str, origin: str = ORIGINS[0]) -> Preview:
        return Preview(self.ws, what, origin, self.ws.ledger.head()[0])

    # -- texts

    def find_replace(
        self, field: str, find: str, replace: str, images: Any = None, *, regex: bool = False, case: bool = True
    ) -> Preview:
        r"""Replace text inside a field, in every language.

        Parameters
        ----------
        field : str
        find : str
            Text, or with ``regex`` a regular expression (RE2: no look-around, no back-references in the pattern; it
            never takes longer than in proportion to the text).
        replace : str
            With ``regex``, ``\1`` stands for the first group.
        images : list of str, DataFrame or Search, optional
            All images when not given.
        case : bool
            Whether upper and lower case differ.

        Raises
        ------
        BadValue
            The pattern is empty, too long or no regular expression.
        """
        key = exiv2_key(field)
        pattern, replacement = _pattern(find, replace, regex=regex, case=case)
        ids = ids_of(self.ws, images)
        preview = self._preview(f"replace {find!r} by {replace!r} in {key}")
        try:
            found = lent(
                self.ws, "replaced_values", selection(ids), field=key, pattern=pattern, replacement=replacement
            )
        except InvalidInput as error:
            hint = "Say regex=False for plain text."
            raise BadValue(f"{find!r} isn't a regular expression: {error}.", hint=hint) from error
        columns = [found[name].to_pylist() for name in ("image_id", "lang", "ordinal", "value", "replaced")]
        before: dict[str, list[Entry]] = {}
        after: dict[str, Languages] = {}
        for image_id, lang, ordinal, value, replaced in zip(*columns, strict=True):
            before.setdefault(image_id, []).append((lang, ordinal, value))
            after.setdefault(image_id, {}).setdefault(lang, []).append(replaced)
        _compare(preview, ids, key, before, after)
        return preview

    def merge_keywords(
        self, variants: Mapping[str, list[str]], images: Any = None, *, field: str = "Xmp.dc.subject"
    ) -> Preview:
        """Give variants of a keyword one spelling.

        Parameters
        ----------
        variants : mapping
            The keyword that stays → the spellings that become it, exactly as they are written.
        images : list of str, DataFrame or Search, optional
            All images when not given.
        field : str
            A list; the keywords by default.

        Raises
        ------
        BadValue
            A spelling would become two keywords, or nothing was given.
        """
        key = exiv2_key(field)
        becomes = _becomes(variants)
        ids = ids_of(self.ws, images)
        having = set(self.ws.query("images_with_value", field=key, found=sorted(becomes))["image_id"])
        concerned = [i for i in ids if i in having]
        preview = self._preview(f"merge keywords into {', '.join(variants)}")
        now = contents(self.ws, concerned, [key])
        before = {image_id: list(content) for (image_id, _), content in now.items()}
        after = {
            image_id: {lang: [becomes.get(t, t) for t in texts] for lang, texts in as_languages(tuple(content)).items()}
            for image_id, content in before.items()
        }
        _compare(preview, ids, key, before, after)
        return preview

    # -- saved templates

    def save_template(self, made: Template) -> Path:
        """Keep a template in the workspace, replacing one of the same name."""
        path = self._template_path(made.name)
        path.parent.mkdir(exist_ok=True)
        return write_whole(path, to_toml(made).encode())

    def load_template(self, name: str) -> Template:
        """Return a saved template.

        Raises
        ------
        NotFound
            There is none of that name.
        """
        path = self._template_path(name)
        try:
            return from_toml(path.read_text("utf-8"))
        except FileNotFoundError:
            known = ", ".join(self.templates()) or "none yet"
            raise NotFound(f"There is no template {name!r}.", hint=f"Saved: {known}.") from None
        except UnicodeDecodeError as error:
            raise BadValue(f"The template {name!r} isn't UTF-8.", hint="Save it as UTF-8.") from error

    def templates(self) -> list[str]:
        """Return the names of the saved templates."""
        folder = self.ws.folder / "templates"
        return sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []

    def make_template(self, name: str, fields: Mapping[str, Any], *, about: str = "") -> Template:
        """Make a template, without saving it; see `workbench.templates.template`."""
        return template(name, fields, about=about)

    def _template_path(self, name: str) -> Path:
        if not re.fullmatch(r"[\w][\w .-]{0,79}", name) or name.endswith((".", " ")):
            raise BadValue(f"A template can't be saved as {name!r}.", hint="Use letters, digits, spaces and dashes.")
        return self.ws.folder / "templates" / f"{name}.toml"


# ── filling in ────────────────────────────────────────────────────────────────────────────────────────────────


def _literal(value: Any, mode: str) -> FieldTemplate:
    if value is None or value == [] or value == {}:
        return FieldTemplate("clear", {})
    by_lang = value if isinstance(value, Mapping) else {None: value}
    texts = {
        lang: tuple(Text(str(t), (str(t),)) for t in (content if isinstance(content, list | tuple) else [content]))
        for lang, content in by_lang.items()
    }
    made = template("values", {"Xmp.dc.title": {"mode": mode, "text": "x"}})  # checks the mode
    return FieldTemplate(made.fields["Xmp.dc.title"].mode, texts)


def _check_languages(key: str, part: FieldTemplate) -> None:
    if any(lang is not None for lang in part.texts) and key in FIELDS and not has_languages(key):
        raise BadValue(f"{key} has no languages.", hint="Give one text.")
    if not is_list(key) and key in FIELDS and any(len(texts) > 1 for texts in part.texts.values()):
        raise BadValue(f"{key} holds one value.", hint="Give one text, not a list.")


def as_known(ws: Workspace, ids: list[str], chosen: Template) -> dict[str, Known]:
    """Return what the template's variables stand for, for each image that is catalogued as one."""
    wanted = chosen.variables
    found = lent(ws, "selected_facts", selection(ids))
    if not wanted:
        return dict.fromkeys(found["image_id"].to_pylist(), Known())
    fields = {named[0] for name in wanted if (named := field_of(name))}
    tags = [name for name in wanted if name.startswith(("exif.", "iptc."))]
    values: dict[str, dict[str, Content]] = {}
    if fields:
        for (image_id, key), content in contents(ws, ids, fields).items():
            values.setdefault(image_id, {})[key] = content
    said: dict[str, dict[str, str]] = {}
    if tags:
        for row in lent(ws, "selected_tags", selection(ids), tags=tags).to_pylist():
            said.setdefault(row["image_id"], {})[row["tag"]] = row["value"]
    nothing: dict[str, Any] = {}
    facts = _facts(found, wanted)
    listed = found["image_id"].to_pylist()
    return {
        image_id: Known(fact, said.get(image_id, nothing), values.get(image_id, nothing))
        for image_id, fact in zip(listed, facts, strict=True)
    }


def _divided(filename: str) -> tuple[str, str]:
    stem, dot, ending = filename.rpartition(".")
    return (stem, ending) if stem else (dot + ending, "")  # no ending, or nothing but one


_PARTS: dict[str, Callable[[str], str]] = {
    "stem": lambda name: _divided(name)[0],
    "extension": lambda name: _divided(name)[1],
    "folder": lambda path: path.rpartition("/")[2],
}
_MADE_OF = {"stem": "filename", "extension": "filename", "date": "captured_at", "received": "received_at"}


def _facts(found: pa.Table, wanted: set[str]) -> list[dict[str, Any]]:
    """Return what is known of each image, only as far as it is asked for: there may be a million."""
    columns: dict[str, Iterable[Any]] = {}
    for name in wanted:
        if name == "sequence":
            columns[name] = range(1, found.num_rows + 1)
        elif name == "today":
            columns[name] = repeat(datetime.now(UTC).date(), found.num_rows)
        elif (source := _MADE_OF.get(name, name)) in found.column_names:
            column = found[source].to_pylist()
            columns[name] = [_PARTS[name](told) for told in column] if name in _PARTS else column
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] or [
        {} for _ in range(found.num_rows)
    ]


def _fill_one(
    preview: Preview, image_id: str, chosen: Template, known: Known | None, before: Mapping[tuple[str, str], Content]
) -> None:
    if known is None:
        preview.refused.append(Refused(image_id, "", "This file is no image that can be read."))
        return
    touched = False
    for key, part in chosen.fields.items():
        old = before.get((image_id, key), ())
        try:
            new = _combined(key, part, old, known)
        except _NothingThereError as error:
            preview.refused.append(Refused(image_id, key, str(error)))
            touched = True
            continue
        if new != old:
            preview.steps.append(Step(image_id, key, old, new))
            touched = True
    preview.unchanged += not touched


class _NothingThereError(Exception):
    """A variable has nothing to say for this image."""


def _combined(key: str, part: FieldTemplate, old: Content, known: Known) -> Content:
    """Return what a field becomes."""
    if part.mode == "clear":
        return ()
    if part.mode == "only_if_empty" and old:
        return old
    languages = as_languages(old)
    if has_languages(key) and None in languages:
        languages["x-default"] = languages.pop(None)
    new = {_lang(key, lang): _rendered(texts, known) for lang, texts in part.texts.items()}
    if part.mode == "replace":
        languages = {}
    for lang, texts in new.items():
        languages[lang] = _appended(key, languages.get(lang, []), texts) if part.mode == "append" else texts
    return in_order(key, languages)


def _lang(key: str, lang: str | None) -> str | None:
    return "x-default" if lang is None and has_languages(key) else lang


def _rendered(texts: tuple[Text, ...], known: Known) -> list[str]:
    made = []
    for text in texts:
        rendered = text.render(known.lookup)
        if rendered.missing:
            raise _NothingThereError(f"{rendered.missing[0]} is empty.")
        made.append(rendered.text)
    return made


def _appended(key: str, old: list[str], new: list[str]) -> list[str]:
    if is_list(key) or len(old) > 1 or len(new) > 1:
        return old + new
    return [old[0] + new[0] if old else new[0].lstrip(" ,;–—-")]


def in_order(key: str, languages: Languages) -> Content:
    """Return content as the catalogue would give it: no empty texts, no value twice in a list, languages sorted."""
    tidy: Languages = {}
    for lang in sorted(languages, key=lambda name: (name is not None, name or "")):
        texts = [text for text in languages[lang] if text.strip()]
        if texts:
            tidy[lang] = list(dict.fromkeys(texts)) if is_list(key) or len(texts) > 1 else texts
    return as_content(tidy)


def _compare(
    preview: Preview, ids: list[str], key: str, before: Mapping[str, list[Entry]], after: Mapping[str, Languages]
) -> None:
    for image_id in ids:
        old = tuple(before.get(image_id, ()))
        changed = image_id in after and [t for ts in after[image_id].values() for t in ts] != [t for *_, t in old]
        if changed:
            preview.steps.append(Step(image_id, key, old, in_order(key, after[image_id])))
        preview.unchanged += not changed


def _pattern(find: str, replace: str, *, regex: bool, case: bool) -> tuple[str, str]:
    if not find:
        raise BadValue("There is nothing to find.", hint="Say what is to be replaced.")
    if len(find) > _LONGEST_PATTERN or len(replace) > _LONGEST_PATTERN:
        raise BadValue("That is too long to find or replace.", hint=f"Keep it under {_LONGEST_PATTERN:,} characters.")
    pattern, replacement = (find, replace) if regex else (re.escape(find), replace.replace("\\", "\\\\"))
    for escaped in re.findall(r"\\(.?)", replacement.replace("\\\\", "")):
        if not escaped.isdigit() or int(escaped) > _groups(pattern):
            raise BadValue(f"The replacement has \\{escaped}, which is no group.", hint=r"Write \\ for a backslash.")
    return pattern if case else f"(?i){pattern}", replacement


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error:  # RE2 knows forms that Python doesn't
        return 9


def _becomes(variants: Mapping[str, Iterable[str]]) -> dict[str, str]:
    becomes: dict[str, str] = {}
    for kept, spellings in variants.items():
        if not kept.strip() or isinstance(spellings, str):
            raise BadValue(f"{kept!r}: {spellings!r} can't be merged.", hint='Say {"Shoes": ["shoe", "SHOES"]}.')
        for spelling in spellings:
            if becomes.setdefault(spelling, kept) != kept:
                raise BadValue(f"{spelling!r} would become two keywords.", hint="List it once.")
            becomes.setdefault(unicodedata.normalize("NFD", spelling), kept)
    if not becomes:
        raise BadValue("There is nothing to merge.", hint='Say {"Shoes": ["shoe", "SHOES"]}.')
    return {spelling: kept for spelling, kept in becomes.items() if spelling != kept}
