// @ts-check
// The tagging form: a picture, its fields beside it, and the keyboard. Everything typed is saved as an event in Python.

import { asWidget } from "./js/as_widget.js";
import { button, el, errorBox, helpPanel, icon, ICONS } from "./js/dom.js";
import { openEdits } from "./js/edits.js";
import { feedbackBox } from "./js/feedback.js";
import { mountRemarks } from "./js/remarks.js";
import { makeField } from "./js/tag_field.js";
import { percent, sureOnes } from "./js/tag_offers.js";
import { OFFER_KEYS, STAGE_KEYS, staysInForm, TAG_KEYS, tagCommandOf } from "./js/tag_keys.js";
import { EDGE, mountStage } from "./js/tag_stage.js";
import { mountStrip } from "./js/tag_strip.js";

let mounted = 0;

/** @typedef {ReturnType<typeof makeField>} Field */

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountForm(root, channel) {
  const uid = `wb-tag-${(mounted += 1)}`;
  /** @type {any} */
  let page = null;
  /** @type {Field[]} */
  let fields = [];
  let visit = 0;
  let warned = "";
  let gone = false;
  /** The last thing that was asked for: commands wait for each other. @type {Promise<any>} */
  let turn = Promise.resolve();

  const title = el("span", { class: "wb-tag-title" });
  const where = el("span", { class: "wb-tag-where" });
  const bar = el("span", { class: "wb-tag-done", role: "progressbar", "aria-label": "Done", "aria-valuemin": 0 }, [el("i")]);
  const pace = el("span", { class: "wb-tag-pace" });
  const undo = button("Undo", () => run("undo"), {}, [icon("M6 4L3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H7")]);
  const redo = button("Redo", () => run("redo"), {}, [icon("M10 4l3 3-3 3M13 7H6.5a3.5 3.5 0 0 0 0 7H9")]);
  const previous = button("Previous image (Alt + ←)", () => run("previous"), {}, [icon(ICONS.previous)]);
  const next = button("Next image (Alt + →)", () => run("next"), {}, [icon(ICONS.next)]);
  const accept = button("Done, next image (Ctrl + Enter)", () => run("accept"), { class: "wb-button wb-main" }, [icon(ICONS.check), el("span", { text: "Done, next" })]);
  const sure = button("", () => run("take_sure"), { class: "wb-button", hidden: true }, [""]);
  const skip = button("Skip: comes again at the end (Alt + S)", () => run("skip"), {}, ["Skip"]);
  const head = el("header", { class: "wb-tag-bar" }, [
    el("div", { class: "wb-tag-side" }, [title, where]),
    el("div", { class: "wb-tag-side wb-tag-progress" }, [bar, pace]),
    el("div", { class: "wb-tag-side" }, [undo, redo, sure, previous, next, skip, accept, button("Keyboard help (F1)", () => help(), {}, ["?"])]),
  ]);
  const troubles = el("div", { class: "wb-tag-troubles" });
  const list = el("div", { class: "wb-tag-fields" });
  const remarks = mountRemarks((key) => fields.find((one) => one.field.key === key)?.focus(null));
  const status = el("span", { class: "wb-tag-status", role: "status", "aria-live": "polite" });
  const name = el("span", { class: "wb-tag-name", dir: "auto" });
  const stage = mountStage(async (image_id, edge) => (await channel.call("picture", { image_id, edge })).buffers[0], (command) => run(command));
  const strip = mountStrip((start, stop) => channel.call("strip", { start, stop }), (place) => run("go", { place }));
  const empty = el("div", { class: "wb-tag-empty", hidden: true });
  const main = el("div", { class: "wb-tag-main" }, [
    el("div", { class: "wb-tag-left" }, [stage.element, strip.element]),
    el("div", { class: "wb-tag-right" }, [troubles, remarks.element, list]),
  ]);
  const foot = el("footer", { class: "wb-tag-foot" }, [name, status]);
  root.classList.add("wb", "wb-tag");
  root.setAttribute("tabindex", "-1");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Tagging form");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.append(head, main, foot, empty);

  const edits = openEdits((edit) => channel.call("set", { ...edit }), {
    saved(edit, answer) {
      const known = fields.find((one) => one.field.key === edit.field);
      if (page?.image?.image_id !== edit.image_id || !known) return;
      page.fields[edit.field] = answer.view.state;
      known.saved(answer.view.state);
      showRemarks();
      page.undo = answer.view.undo;
      showUndo();
      showSure();
    },
    failed(edit, error) {
      const label = fields.find((one) => one.field.key === edit.field)?.field.label ?? edit.field;
      trouble(error, `${label} isn't saved`, () => edits.put(edit, true));
    },
    changed: () => say(edits.busy() ? "Saving …" : "Saved", !edits.busy()),
  });

  // -- showing

  /** @param {string} words @param {boolean} [quiet] */
  function say(words, quiet = false) {
    status.textContent = words;
    status.classList.toggle("wb-hint", quiet);
  }

  /** @param {any} error @param {string} [what] @param {() => void} [retry] */
  function trouble(error, what = "", retry) {
    if (gone) return;
    if (what) {
      const told = { message: `${what}. ${error?.message ?? ""}`, hint: error?.hint, traceback: error?.traceback };
      troubles.replaceChildren(errorBox(told, retry && (() => (troubles.replaceChildren(), retry()))));
    } else troubles.replaceChildren(errorBox(error));
    troubles.firstChild.append(button("Close", () => troubles.replaceChildren(), { class: "wb-button wb-small" }, [icon(ICONS.close)]));
    say(error?.message ?? String(error));
  }

  /** @param {any} form */
  function build(form) {
    title.textContent = form.title;
    fields = [];
    const parts = [];
    let group = null;
    for (const field of form.fields) {
      if (field.group !== group && form.groups[field.group]) parts.push(el("h3", { text: form.groups[field.group] }));
      group = field.group;
      const made = makeField(field, uid, {
        edited: (key, lang, value, now) => put(key, lang, value, now),
        call: async (command, args) => {
          await edits.flush();
          return (await channel.call(command, args)).view;
        },
        act,
        onward,
        offer: (command, key) => offer(command, fields.find((one) => one.field.key === key)),
        rtl: form.rtl,
      });
      fields.push(made);
      parts.push(made.element);
    }
    list.replaceChildren(...parts);
  }

  /** @param {any} told @param {boolean} [whole] also when the image is the same */
  function show(told, whole = true) {
    const moved = page?.image?.image_id !== told.image?.image_id;
    const at = focused();
    const before = page;
    page = { ...told, form: told.form ?? before?.form };
    empty.hidden = Boolean(page.image);
    main.inert = !page.image;
    if (!page.image) {
      empty.replaceChildren(el("strong", { text: page.empty.title }), el("span", { class: "wb-hint", text: page.empty.hint }));
    }
    if (moved) {
      visit += 1;
      warned = "";
    }
    void stage.show(page.image);
    if (page.image && (moved || whole)) for (const one of fields) one.show(page.fields[one.field.key]);
    if (page.image) {
      const { place, count, image_id, path } = page.image;
      where.textContent = `${(place + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
      name.textContent = path;
      strip.show(place, count, moved);
      stage.element.setAttribute("aria-label", `Picture: ${page.image.name}`);
      root.dataset.image = image_id;
    }
    previous.disabled = !page.image?.before;
    for (const one of [accept, skip, next]) one.disabled = !page.image;
    showRemarks();
    showUndo();
    showSure();
    showProgress();
    if (moved) {
      list.scrollTop = at ? list.scrollTop : 0;
      if (at) fields.find((one) => one.field.key === at.field)?.focus(at.lang);
      ahead();
    }
  }

  /** The fields with remarks that stand. */
  const remarked = () => (page?.image ? fields.filter((one) => page.fields[one.field.key].remarks?.length) : []);

  function showRemarks() {
    remarks.show(page.remarks ?? null, remarked().map((one) => one.field));
  }

  function showUndo() {
    for (const [one, words] of /** @type {[HTMLButtonElement, string | null][]} */ ([[undo, page.undo.undo], [redo, page.undo.redo]])) {
      const verb = one === undo ? "Undo" : "Redo";
      one.disabled = !words;
      one.title = words ? `${verb}: ${words}` : `Nothing to ${verb.toLowerCase()}`;
    }
  }

  /** How many suggestions one key takes: as `accept_sure` counts them. */
  function showSure() {
    const count = page.image ? sureOnes(fields.map(({ field }) => ({ list: field.control === "chips", ...page.fields[field.key] })), page.sure) : 0;
    sure.hidden = !count;
    sure.textContent = `Take ${count} suggested`;
    sure.title = `Take all suggestions for empty fields and lists that are at least ${percent(page.sure)} sure (Alt + Shift + Enter)`;
  }

  function showProgress() {
    const { done, left, count, per_hour, idle_after } = page.progress;
    bar.firstChild.style.width = `${count ? (100 * done) / count : 0}%`;
    bar.setAttribute("aria-valuemax", String(count));
    bar.setAttribute("aria-valuenow", String(done));
    const speed = per_hour === null ? "" : ` · ${Math.round(per_hour).toLocaleString("en")} an hour`;
    pace.textContent = `${done.toLocaleString("en")} done · ${left.toLocaleString("en")} left${speed}`;
    pace.title = `My pace counts working time; pauses longer than ${idle_after} seconds are left out.`;
  }

  /** Have the next image taken, loaded and rendered while somebody looks at this one. */
  function ahead() {
    const mine = visit;
    void channel.call("peek", { edge: EDGE }).catch(() => {});
    setTimeout(() => mine === visit && !gone && strip.refresh(), 400);
  }

  // -- where the keyboard is

  /** @returns {{field: string, lang: string | null} | null} */
  function focused() {
    const active = root.ownerDocument.activeElement;
    const of = active instanceof HTMLElement && root.contains(active) ? active.closest(".wb-tag-field") : null;
    if (!(of instanceof HTMLElement) || !(active instanceof HTMLElement)) return null;
    return { field: of.dataset.key ?? "", lang: active.dataset.lang ?? null };
  }

  /** The field that a command is about. */
  function current() {
    return fields.find((one) => one.field.key === focused()?.field);
  }

  /** To the next field. @param {string} key */
  function onward(key) {
    const places = fields.filter((one) => one.field.control !== "none");
    const at = places.findIndex((one) => one.field.key === key);
    if (at + 1 < places.length) places[at + 1].focus(null);
    else accept.focus();
  }

  // -- doing

  /** @param {string} field @param {string | null} lang @param {any} value @param {boolean} [now] */
  function put(field, lang, value, now) {
    if (!page?.image) return;
    edits.put({ image_id: page.image.image_id, field, lang, value, visit: `${uid}:${visit}:${field}` }, now);
  }

  /** One command after the other, each after everything typed is saved. @param {string} command @param {Record<string, any>} args */
  function ask(command, args) {
    const asked = turn.then(async () => {
      await edits.flush();
      if (gone) return null;
      return (await channel.call(command, args)).view;
    });
    turn = asked.catch(() => {});
    return asked;
  }

  /** @param {string} command @param {string} field @param {Record<string, any>} [args] */
  async function act(command, field, args = {}) {
    if (command === "suggestion") {
      const { finding } = args;
      const one = fields.find((known) => known.field.key === field);
      const value = one?.field.control === "chips" ? replaced(one.state().value, finding) : finding.suggestion;
      put(field, finding.lang ?? null, value, true);
      await edits.flush();
      return run("view");
    }
    await perform(command, { field, ...args });
  }

  /** @param {string[]} words @param {any} finding */
  function replaced(words, finding) {
    const wrong = finding.value;
    return words.map((word) => (word === wrong ? finding.suggestion : word));
  }

  /** @param {string} command @param {Record<string, any>} args @param {string} [says] */
  async function perform(command, args, says = "") {
    try {
      const told = await ask(command, args);
      if (!told || gone) return null;
      troubles.replaceChildren();
      show(told);
      if (says) say(says);
      if (told.finished) finished();
      return told;
    } catch (error) {
      trouble(error);
      return null;
    }
  }

  /** @param {string} command @param {Field | undefined} one */
  function offer(command, one) {
    if (command === "take_sure") {
      for (const each of fields) each.control.commit();
      return void perform("accept_sure", { image_id: page.image?.image_id }).then((told) => told && say(told.accepted ? `Took ${told.accepted} ${told.accepted === 1 ? "suggestion" : "suggestions"}` : "No suggestion is sure enough for what is empty."));
    }
    const found = one?.offers.current();
    if (!one || !found) return toNextOffer(one);
    if (command === "other") return one.offers.other();
    if (command === "edit_offer" && one.correct(found)) return say("Correct it; it is saved as you type.");
    const verb = command === "reject" ? "reject_suggestion" : "accept_suggestion";
    const args = { suggestion_id: found.suggestion_id, image_id: page.image.image_id };
    one.offers.drop(found, verb === "accept_suggestion" && one.field.control !== "chips");
    if (!one.offers.any()) toNextOffer(one, true);
    void perform(verb, args, verb === "reject_suggestion" ? `Rejected “${found.value.slice(0, 60)}”` : "Suggestion taken").then((told) => {
      if (told) return;
      one.offers.restore(found.suggestion_id);
      one.offered(one.state().suggestions ?? []);
    });
  }

  /** Go to the next field with a suggestion, from the beginning after the end. @param {Field | undefined} from @param {boolean} [quiet] */
  function toNextOffer(from, quiet = false) {
    const at = from ? fields.indexOf(from) : -1;
    const found = [...fields.slice(at + 1), ...fields.slice(0, at + 1)].find((one) => one.offers.any());
    if (found) found.focus(found.offers.current()?.lang ?? null);
    else if (!quiet) say("There are no suggestions for this image.");
  }

  /** Go to the next field with a remark, from the beginning after the end. @param {Field | undefined} from */
  function toNextRemark(from) {
    const at = from ? fields.indexOf(from) : -1;
    const there = remarked();
    const found = there.find((one) => fields.indexOf(one) > at) ?? there[0];
    if (found) found.focus(null);
    else say("No inspector's remark stands at a field of this image.");
  }

  function finished() {
    const { left } = page.progress;
    say(left ? `That was the last one for you: ${left} left, with others or skipped.` : "All done.");
  }

  async function acceptIt() {
    const image = page?.image?.image_id;
    if (!image) return;
    for (const one of fields) one.control.commit();
    const listed = await edits.taken();
    const told = await perform("accept", { edits: listed, image_id: image, anyway: warned === image });
    if (told?.feedback || told?.result) troubles.append(feedbackBox(told, () => troubles.replaceChildren()));
    if (told && !told.refused && listed.length && status.textContent === "Saving …") say("Saved", true);
    if (!told?.refused || page.image.image_id !== image) return;
    warned = image;
    for (const one of fields) one.insist();
    const first = fields.find((one) => one.field.key === told.refused[0].field);
    first?.focus(told.refused[0].lang);
    const count = told.refused.length;
    say(`${count === 1 ? "One thing is" : `${count} things are`} wrong: ${told.refused[0].message} Ctrl + Enter again accepts it as it is.`);
  }

  /** @param {string} command @param {Record<string, any>} [args] */
  function run(command, args = {}) {
    const field = current();
    const key = field?.field.key ?? null;
    if (["closer", "further", "fit", "actual"].includes(command)) return stage.perform(command);
    if (command === "accept") return void acceptIt();
    if (["take", "edit_offer", "reject", "other", "take_sure"].includes(command)) return page?.image && offer(command, field);
    if (command === "remark") return toNextRemark(field);
    if (command === "help") return help();
    if (command === "leave") return leave();
    if (command === "history") return field ? void edits.flush().then(field.history) : say("Go to a field first.");
    if (command === "more" || command === "fewer") return strip.select(command === "more" ? 1 : -1, say);
    if (command === "apply" || command === "apply_all") return apply(command === "apply" ? key : null);
    if (command === "copy" && !key) return say("Go to a field first.");
    if (command === "take_over" && !key) return say("Go to a field first.");
    field?.control.commit();
    if (command === "copy") return void perform("copy_from_previous", { field: key }, "Copied from the previous image");
    if (command === "copy_all") return void perform("copy_from_previous", {}, "Empty fields copied from the previous image");
    if (command === "take_over") return void perform("take_over", { field: key });
    return void perform(command, args);
  }

  /** @param {string | null} key */
  function apply(key) {
    const ids = strip.selected();
    if (!ids.length) return say("Select images in the strip first: Alt + Shift + →, or click with Shift.");
    const args = key ? { image_ids: ids, field: key } : { image_ids: ids };
    void perform("apply_to", args).then((told) => {
      if (!told) return;
      strip.clear();
      say(`Applied to ${told.applied} ${told.applied === 1 ? "image" : "images"}${told.left_out ? `; ${told.left_out} left out, others have them` : ""}.`);
    });
  }

  function help() {
    const there = root.querySelector(".wb-help");
    if (there) {
      there.remove();
      return;
    }
    root.append(helpPanel([{ title: "Form", keys: TAG_KEYS }, { title: "Suggestions", keys: OFFER_KEYS }, { title: "Picture", keys: STAGE_KEYS }], help));
  }

  function leave() {
    if (root.querySelector(".wb-help")) return help();
    const open = fields.find((one) => one.closeHistory());
    if (open) return open.focus(null, false);
    if (strip.clear()) return;
    stage.element.focus();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!staysInForm(event)) return;
    event.stopPropagation();
    if (event.type !== "keydown" || event.isComposing) return;
    const field = current();
    if (field && event.target instanceof HTMLElement && field.control.element.contains(event.target) && field.control.key(event)) {
      event.preventDefault();
      return;
    }
    const onStage = event.target === stage.element || event.target === root;
    const command = tagCommandOf([...TAG_KEYS, ...OFFER_KEYS], event) ?? (onStage ? tagCommandOf(STAGE_KEYS, event) : null);
    if (!command) return;
    event.preventDefault();
    if (command === "pan") stage.perform("pan", event.key);
    else if (command === "enter") fields[0]?.focus(null);
    else run(command);
  }

  async function start() {
    try {
      const { view } = await channel.call("view");
      if (gone) return;
      root.style.height = `${view.height}px`;
      build(view.form);
      show(view);
    } catch (error) {
      trouble(error);
    }
  }

  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, /** @type {any} */ (key));
  root.addEventListener("focusout", () => void edits.flush());
  const hidden = () => void edits.flush();
  const page_ = root.ownerDocument;
  page_.addEventListener("visibilitychange", hidden);
  window.addEventListener("pagehide", hidden);
  const off = [
    channel.on("ahead", ({ image_id }) => void stage.fetched(image_id).catch(() => {})),
    channel.on("offers", ({ image_id, suggestions }) => {
      if (page?.image?.image_id !== image_id) return;
      for (const one of fields) {
        page.fields[one.field.key].suggestions = suggestions[one.field.key];
        one.offered(suggestions[one.field.key]);
      }
      showSure();
    }),
    channel.on("changed", (told) => !edits.busy() && show(told)),
    channel.on("slow", (is) => is && say("Python is busy …")),
  ];
  void start();

  return {
    destroy() {
      void edits.flush();
      gone = true;
      page_.removeEventListener("visibilitychange", hidden);
      window.removeEventListener("pagehide", hidden);
      off.forEach((stop) => stop());
      stage.destroy();
      strip.destroy();
    },
  };
}

export default asWidget(mountForm);
