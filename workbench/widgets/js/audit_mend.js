// @ts-check
// Mending: what was found in one image with a box to put it right, and one change for many with a look before it is made.

import { button, el } from "./dom.js";

/** @param {number} count */
const number = (count) => count.toLocaleString("en");
/** @param {number} count */
const images = (count) => `${number(count)} image${count === 1 ? "" : "s"}`;

/**
 * @param {{fix: (image: string, field: string, value: string) => void, take: (image: string) => void,
 *   ignore: (image: string, reason: string) => void, reopen: (image: string) => void,
 *   choose: (rule: string, field: string) => void, back: () => void}} given
 */
export function findingPanel(given) {
  /** @type {any} */
  let shown = null;
  const name = el("h4", { class: "wb-a-file" });
  const said = el("div", { class: "wb-a-said" });
  const input = el("textarea", { class: "wb-a-text", rows: 2, dir: "auto", spellcheck: "true" });
  const label = el("label", { class: "wb-a-label" });
  const note = el("p", { class: "wb-hint wb-a-note" });
  const save = button("Save", () => enter(), { class: "wb-button wb-a-main" });
  const take = button("Take the suggestion", () => takeIt(), { class: "wb-button" });
  const form = el("form", { class: "wb-a-form" }, [label, note, el("div", { class: "wb-a-ways" }, [save, take])]);
  const also = el("details", { class: "wb-a-also" });
  const why = el("input", { class: "wb-a-text wb-a-why", "aria-label": "Why it is all right", placeholder: "Why it is all right", maxlength: 2000 });
  const because = el("form", { class: "wb-a-form", hidden: true }, [why, el("div", { class: "wb-a-ways" }, [button("Ignore", () => ignoreIt(), { class: "wb-button wb-a-main" }), button("Cancel", () => closeWhy())])]);
  const fine = button("It is all right…", () => openWhy(), { class: "wb-button wb-a-fine", title: "Say why; it counts no more until its value changes (I)" }, [el("span", { text: "It is all right…" }), el("kbd", { text: "I" })]);
  const again = button("Bring back", () => shown && given.reopen(shown.image_id), { class: "wb-button wb-a-again", title: "Let it count again" });
  const judge = el("div", { class: "wb-a-judge" }, [fine, because, again]);
  const element = el("section", { class: "wb-a-finding", "aria-label": "The focused image" }, [name, said, form, judge, also]);

  function openWhy() {
    if (!shown || judge.hidden || fine.hidden) return;
    because.hidden = false;
    fine.hidden = true;
    why.focus();
  }

  function closeWhy() {
    because.hidden = true;
    fine.hidden = false;
    given.back();
  }

  function ignoreIt() {
    if (!shown?.image_id || !why.value.trim()) return why.focus();
    given.ignore(shown.image_id, why.value);
    closeWhy();
  }

  because.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    ignoreIt();
  });

  function enter() {
    if (shown?.image_id && shown.field) given.fix(shown.image_id, shown.field, input.value);
    given.back();
  }

  function takeIt() {
    if (shown?.better) given.take(shown.image_id);
  }

  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    enter();
  });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    enter();
  });

  /** @param {any} found @param {any} chosen */
  function show(found, chosen) {
    const same = shown && found && shown.image_id === found.image_id && shown.field === found.field && document.activeElement === input;
    shown = found?.image_id ? found : null;
    element.hidden = !shown;
    if (!shown) return;
    name.textContent = found.name;
    name.title = found.name;
    const messages = [...new Set(found.own.map((/** @type {any} */ one) => one.message))];
    const ignored = found.ignored.map((/** @type {any} */ one) => `Ignored by ${one.by}: ${one.why}`);
    said.replaceChildren(
      ...(messages.length ? messages : chosen.rule ? [] : [`${found.label} has no value.`]).map((text) => el("p", { text })),
      ...[...new Set(ignored)].map((text) => el("p", { class: "wb-hint wb-a-ignored", text })),
    );
    judge.hidden = !chosen.rule || !messages.length;
    again.hidden = !ignored.length;
    fine.hidden = Boolean(ignored.length);
    because.hidden = true;
    form.hidden = !found.field;
    label.replaceChildren(el("span", { text: found.label }), input);
    if (!same) input.value = found.text;
    note.textContent = [found.several ? "Divide entries by semicolons." : "", found.languages ? "This is the default language; the others stay as they are." : ""].join(" ").trim();
    note.hidden = !note.textContent;
    take.hidden = !found.better;
    if (found.better) {
      take.replaceChildren(el("span", { text: found.better.clears ? "Clear it" : `Take “${found.better.text}”` }), el("kbd", { text: "S" }));
      take.title = found.better.text;
    }
    also.hidden = !found.also.length;
    const open = also.open;
    also.replaceChildren(
      el("summary", { text: `${found.also.length} more in this image` }),
      el("ul", {}, found.also.map((/** @type {any} */ one) => el("li", {}, [
        el("button", { type: "button", class: "wb-a-link", title: one.title, onclick: () => given.choose(one.rule, one.field) }, [
          el("span", { class: `wb-a-dot wb-a-${one.severity}`, "aria-hidden": "true" }), el("span", { text: one.message }),
        ]),
      ]))),
    );
    also.open = open;
  }

  return {
    element,
    show,
    take: takeIt,
    ignore: openWhy,
    place: () => shown?.place ?? -1,
    edit() {
      if (!shown || form.hidden) return;
      input.focus();
      input.select();
    },
  };
}

/**
 * @param {{suggested: (scope: string) => void, ignore: (scope: string, reason: string) => void, reopen: (scope: string) => void, set: (args: Record<string, string>) => void, apply: () => void,
 *   discard: () => void, back: () => void}} given
 */
export function bulkPanel(given) {
  let selected = 0;
  let total = 0;
  let ruleShown = "";
  const title = el("h4", { text: "Mend many" });
  const scope = el("select", { "aria-label": "Which images" });
  const field = el("select", { "aria-label": "Field" });
  const way = el("select", { "aria-label": "How" }, [
    el("option", { value: "set", text: "set to" }),
    el("option", { value: "only_if_empty", text: "where empty, set to" }),
    el("option", { value: "append", text: "add" }),
    el("option", { value: "clear", text: "clear" }),
    el("option", { value: "ignore", text: "all right, because" }),
  ]);
  const value = el("textarea", { class: "wb-a-text", rows: 2, dir: "auto", "aria-label": "Value", placeholder: "Text; {stem|clean}, {folder} or {date:%Y} stand for each image’s own" });
  const look = button("Preview", () => preview(), { class: "wb-button wb-a-main" });
  const suggested = button("Preview the suggestions", () => given.suggested(scope.value), { class: "wb-button" });
  const again = button("Bring back", () => given.reopen(scope.value), { class: "wb-button wb-a-main" });
  const pair = el("div", { class: "wb-a-pair" }, [field, way]);
  const form = el("form", { class: "wb-a-form" }, [scope, pair, value, el("div", { class: "wb-a-ways" }, [look, suggested, again])]);
  const before = el("div", { class: "wb-a-preview", hidden: true, role: "region", "aria-label": "Preview", tabindex: -1 });
  const element = el("section", { class: "wb-a-bulk", "aria-label": "Mend many" }, [title, form, before]);

  function preview() {
    if (!again.hidden) return given.reopen(scope.value);
    if (way.value === "ignore") return value.value.trim() ? given.ignore(scope.value, value.value) : value.focus();
    given.set({ scope: scope.value, field: field.value, value: value.value, way: way.value });
  }

  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    preview();
  });
  value.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    preview();
  });
  way.addEventListener("change", () => {
    value.hidden = way.value === "clear";
    field.hidden = way.value === "ignore";
    look.textContent = way.value === "ignore" ? "Ignore" : "Preview";
  });

  /** @param {number} count */
  function scopes(count) {
    const kept = scope.value;
    const had = selected > 0;
    selected = count;
    scope.replaceChildren(
      el("option", { value: "all", text: `All ${images(total)} here` }),
      el("option", { value: "selected", text: `The ${images(count)} selected`, disabled: !count }),
    );
    scope.value = count && (!had || kept === "selected") ? "selected" : count ? kept : "all";
  }

  /** @param {any} view @param {number} count */
  function show(view, count) {
    const { chosen } = view;
    total = chosen.images;
    scopes(count);
    const rule = `${chosen.rule} ${chosen.field} ${chosen.batch}`;
    const wanted = rule === ruleShown && field.value ? field.value : chosen.field;
    if (rule !== ruleShown) value.value = "";
    ruleShown = rule;
    field.replaceChildren(...view.fields.map((/** @type {any} */ one) => el("option", { value: one.key, text: one.label, title: one.key })));
    if (view.fields.some((/** @type {any} */ one) => one.key === wanted)) field.value = wanted;
    suggested.hidden = !chosen.machine;
    again.hidden = !chosen.shows_ignored;
    for (const one of [pair, look]) one.hidden = chosen.shows_ignored;
    value.hidden = chosen.shows_ignored || way.value === "clear";
    way.querySelector("[value=ignore]").disabled = !chosen.rule;
    form.hidden = !chosen.images || Boolean(view.preview);
    title.textContent = view.preview ? "Before and after" : "Mend many";
    before.hidden = !view.preview;
    if (view.preview) showPreview(view.preview);
  }

  /** @param {any} made */
  function showPreview(made) {
    const left = made.changed - made.rows.length;
    before.replaceChildren(
      el("p", {}, [
        el("strong", { text: `${images(made.changed)} would change` }),
        el("span", { class: "wb-hint", text: `, ${number(made.unchanged)} would not${made.refused ? `, ${number(made.refused)} can’t` : ""}.` }),
      ]),
      ...made.reasons.map((/** @type {any} */ one) => el("p", { class: "wb-hint", text: `${number(one.count)} × ${one.why}` })),
      el("div", { class: "wb-a-ways" }, [
        button("Apply", () => given.apply(), { class: "wb-button wb-a-main", disabled: !made.changed }, [`Apply to ${images(made.changed)}`]),
        button("Cancel", () => given.discard()),
      ]),
      el("ol", { class: "wb-a-changes" }, made.rows.map((/** @type {any} */ row) => el("li", {}, [
        el("span", { class: "wb-hint wb-a-path", text: row.path, title: row.path }),
        el("span", { class: "wb-a-field", text: row.field }),
        el("span", { class: "wb-a-change", dir: "auto" }, [
          el("del", { text: row.before || "(empty)" }), el("span", { class: "wb-unseen", text: " becomes " }), el("ins", { text: row.after || "(empty)" }),
        ]),
      ]))),
      ...(left > 0 ? [el("p", { class: "wb-hint", text: `and ${number(left)} more` })] : []),
    );
  }

  return {
    element,
    show,
    selected: scopes,
    focus() {
      if (!before.hidden) before.querySelector("button")?.focus();
      else if (!form.hidden) (value.hidden ? field : value).focus();
    },
  };
}
