// @ts-check
// The inspection: a picture, its values beside it, and one key for each thing that can be wrong.

import { asWidget, begin, comeHome, hearKeys } from "./js/as_widget.js";
import { button, el, errorBox, helpPanel, icon, ICONS } from "./js/dom.js";
import { mountFields } from "./js/inspection_fields.js";
import { INSPECT_KEYS, inspectionCommandOf, LOOKING_KEYS } from "./js/inspection_keys.js";
import { staysInForm } from "./js/tag_keys.js";
import { EDGE, mountStage } from "./js/tag_stage.js";

let mounted = 0;

/** @typedef {import("./js/inspection_fields.js").Mark} Mark */
/** @typedef {import("./js/inspection_fields.js").Type} Type */
/** @typedef {import("./js/inspection_fields.js").Severity} Severity */

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountInspection(root, channel) {
  const uid = `wb-inspect-${(mounted += 1)}`;
  /** @type {any} */
  let page = null;
  let fitted = true;
  let gone = false;
  /** The last thing that was asked for: commands wait for each other. @type {Promise<any>} */
  let turn = Promise.resolve();

  const title = el("span", { class: "wb-tag-title" });
  const where = el("span", { class: "wb-tag-where" });
  const bar = el("span", { class: "wb-tag-done", role: "progressbar", "aria-label": "Inspected", "aria-valuemin": 0 }, [el("i")]);
  const pace = el("span", { class: "wb-tag-pace" });
  const undo = button("Undo (U)", () => run("undo"), {}, [icon("M6 4L3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H7")]);
  const previous = button("Image before (←)", () => run("previous"), {}, [icon(ICONS.previous)]);
  const skip = button("Skip: comes again at the end (S)", () => run("skip"), {}, ["Skip"]);
  const word = el("span");
  const done = button("Done, next image (Enter)", () => run("done"), { class: "wb-button wb-main" }, [icon(ICONS.check), word]);
  const ask = button("Keyboard (?)", () => run("help"), { class: "wb-button wb-round" }, ["?"]);
  const head = el("header", { class: "wb-tag-bar" }, [
    el("div", { class: "wb-tag-side" }, [title, where]),
    el("div", { class: "wb-tag-side wb-tag-progress" }, [bar, pace]),
    el("div", { class: "wb-tag-side" }, [undo, previous, skip, done, ask]),
  ]);

  const stage = mountStage(fetchPicture, run);
  const fields = mountFields(uid, {
    unmark: (field, defect) => void perform("unmark", () => ["unmark", { field, defect }]),
    moved: () => page && palette(),
  });
  const types = el("div", { class: "wb-inspect-types", role: "group", "aria-label": "What is wrong" });
  const comment = el("input", { type: "text", class: "wb-input", maxlength: 2000, dir: "auto", "aria-label": "Comment" });
  const foot = el("div", { class: "wb-inspect-foot" }, [types, comment]);
  const name = el("span", { class: "wb-tag-name", dir: "auto" });
  const status = el("span", { class: "wb-tag-status", role: "status", "aria-live": "polite" });
  const empty = el("div", { class: "wb-tag-empty wb-inspect-end", tabindex: -1, hidden: true });
  const troubles = el("div");
  const main = el("div", { class: "wb-tag-main" }, [
    el("div", { class: "wb-tag-left" }, [stage.element]),
    el("div", { class: "wb-tag-right" }, [fields.element, foot]),
  ]);
  root.className = "wb wb-tag wb-inspect";
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", "Inspection");
  root.append(head, troubles, main, el("footer", { class: "wb-tag-foot" }, [name, status]), empty);

  /** @param {string} text */
  function say(text) {
    status.textContent = text;
  }

  /** @param {any} error @param {() => void} [retry] */
  function trouble(error, retry) {
    troubles.replaceChildren(errorBox(error, retry));
    say(error?.message ?? String(error));
  }

  /** @param {string} image_id @param {number} edge */
  async function fetchPicture(image_id, edge) {
    return (await channel.call("picture", { image_id, edge })).buffers[0];
  }

  // -- showing

  /** @param {any} told the whole page, or after a mark only the marks */
  function show(told) {
    const before = page;
    const moved = Boolean(told.progress) && before?.image?.image_id !== told.image?.image_id;
    page = { ...before, ...told };
    if (!told.progress) {
      fields.marked(page.marks);
      return palette();
    }
    const at = root.ownerDocument.activeElement;
    const here = page.image ? empty.contains(at) : root.contains(at);
    empty.hidden = Boolean(page.image);
    main.inert = !page.image;
    if (!page.image) end();
    if (here) home({ preventScroll: true });
    title.textContent = page.form.sample.batch;
    title.title = page.form.sample.says;
    void stage.show(page.image);
    if (moved) fitted = true;
    if (page.image) {
      fields.show(page);
      if (moved) fields.move("first");
      where.textContent = `${(page.image.place + 1).toLocaleString("en")} of ${page.image.count.toLocaleString("en")}`;
      name.textContent = page.image.path;
      stage.element.setAttribute("aria-label", `Picture: ${page.image.name}`);
      root.dataset.image = page.image.image_id;
    } else delete root.dataset.image;
    for (const one of [done, skip]) one.disabled = !page.image;
    previous.disabled = !page.before;
    undo.disabled = !page.undo;
    showProgress();
    palette();
    if (moved) void channel.call("peek", { edge: EDGE }).catch(() => {});
  }

  /** Nothing to look at: say why, and what comes next. */
  function end() {
    const judge = button("Judge the batch (J)", () => run("judge"), { class: "wb-button wb-main" }, ["Judge the batch", el("kbd", { text: "J" })]);
    empty.replaceChildren(el("strong", { text: page.empty.title }), el("span", { class: "wb-hint", text: page.empty.hint }), ...(page.empty.judge ? [judge] : []));
  }

  /** Let the keys mean the fields; or, without an image, the widget. @param {FocusOptions} [how] */
  function home(how) {
    (page?.image ? fields.element : empty).focus(how);
  }

  function showProgress() {
    const { count, done: inspected, defective, left, own, per_hour, idle_after } = page.progress;
    bar.firstChild.style.width = `${count ? (100 * inspected) / count : 0}%`;
    bar.setAttribute("aria-valuemax", String(count));
    bar.setAttribute("aria-valuenow", String(inspected));
    const speed = per_hour === null ? "" : ` · ${Math.round(per_hour).toLocaleString("en")} an hour`;
    const mine = own ? ` (${own} my own work)` : "";
    pace.textContent = `${inspected} of ${count} inspected, ${defective} defective · ${left} left${mine}${speed}`;
    pace.title = `My pace counts working time; pauses longer than ${idle_after} seconds are left out.`;
  }

  /** What can be wrong with the current field, and what has been said of it. */
  function palette() {
    const key = fields.current();
    const mine = page.marks.filter((/** @type {Mark} */ one) => one.field === key);
    types.replaceChildren(
      ...page.form.types.map((/** @type {Type} */ type) => {
        const on = mine.some((/** @type {Mark} */ one) => one.defect === type.name);
        return button(`${type.label}: ${type.help}`, () => toggle(type), { class: "wb-button wb-inspect-type", "aria-pressed": String(on), tabindex: -1 }, [
          el("kbd", { text: type.key }),
          el("span", { text: type.label }),
        ]);
      }),
    );
    const about = lastMark(key);
    const type = about && page.form.types.find((/** @type {Type} */ one) => one.name === about.defect);
    const label = about ? `Comment on “${type?.label ?? about.defect}” in ${fields.label(key)}` : "Comment on this image";
    comment.placeholder = `${label} (C)`;
    comment.setAttribute("aria-label", label);
    if (root.ownerDocument.activeElement !== comment) comment.value = about ? about.comment : page.comment;
    const bad = page.would_be === "defective";
    word.textContent = bad ? "Defective, next" : page.marks.length ? "Passes with notes, next" : "Passes, next";
    done.classList.toggle("wb-inspect-bad", bad);
  }

  // -- doing

  /**
   * One command after the other. A key is about the image and field that were on the screen when it was pressed: what
   * it does is worked out when its turn comes, and it does nothing to another image.
   * @param {string} command @param {() => [string, Record<string, any>] | null} [worked] command and arguments, or null for nothing
   */
  function perform(command, worked = () => [command, {}]) {
    const image = page?.image?.image_id;
    const asked = turn.then(async () => {
      if (gone || (image !== page?.image?.image_id && !["undo", "previous"].includes(command))) return null;
      try {
        const found = worked();
        if (!found) return null;
        const [verb, args] = found;
        const about = ["mark", "unmark", "say", "done", "skip"].includes(verb) ? { image_id: image } : {};
        const { view } = await channel.call(verb, { ...about, ...args });
        if (gone) return null;
        troubles.replaceChildren();
        show(view);
        return view;
      } catch (error) {
        trouble(error);
        return null;
      }
    });
    turn = asked;
    return asked;
  }

  /** @param {string} field @returns {Mark | null} */
  const lastMark = (field) => page.marks.filter((/** @type {Mark} */ one) => one.field === field).at(-1) ?? null;

  /** @param {Type} type */
  function toggle(type) {
    if (type.picture) fields.move("last");
    const field = type.picture ? "" : fields.current();
    void perform("mark", () => {
      const on = page.marks.some((/** @type {Mark} */ one) => one.field === field && one.defect === type.name);
      return [on ? "unmark" : "mark", { field, defect: type.name }];
    });
  }

  function nextSeverity() {
    const field = fields.current();
    void perform("mark", () => {
      const mark = lastMark(field);
      if (!mark) {
        say("Mark something first.");
        return null;
      }
      const names = page.form.severities.map((/** @type {Severity} */ one) => one.name);
      return ["mark", { ...mark, severity: names[(names.indexOf(mark.severity) + 1) % names.length] }];
    });
  }

  /** Keep what is in the comment box: of the field's last mark, else of the image. */
  function keepComment() {
    const text = comment.value.trim();
    const field = fields.current();
    if (!page?.image) return;
    void perform("say", () => {
      const mark = lastMark(field);
      if (text === (mark ? mark.comment : page.comment)) return null;
      return mark ? ["mark", { ...mark, comment: text }] : ["say", { comment: text }];
    });
  }

  /** @param {string} command @param {string} [key] */
  function run(command, key = "") {
    if (command === "help") return help();
    if (command === "leave") return leave();
    if (!page) return;
    if (["closer", "further"].includes(command)) {
      fitted = false;
      return stage.perform(command);
    }
    if (command === "fit" || command === "actual") {
      stage.perform(command === "actual" || fitted ? "actual" : "fit");
      fitted = command === "fit" && !fitted;
      return;
    }
    if (command === "pan") return stage.perform("pan", key);
    if (["undo", "previous"].includes(command)) return void perform(command).then((told) => told && say(command === "undo" ? "Taken back." : ""));
    if (command === "judge") return page.empty?.judge ? void perform(command).then((told) => told && say(told.empty.title)) : say("Judge the batch when every image is inspected.");
    if (!page.image) return;
    if (["up", "down", "first", "last"].includes(command)) return fields.move(/** @type {any} */ (command));
    if (command === "number") {
      const type = page.form.types.find((/** @type {Type} */ one) => one.key === key);
      return type ? toggle(type) : say(`There is no defect with the key ${key}.`);
    }
    if (command === "severity") return nextSeverity();
    if (command === "comment") return comment.focus();
    if (command === "clear") {
      const field = fields.current();
      return void perform("unmark", () => ["unmark", { field }]);
    }
    void perform(command).then((told) => told && say(told.image ? "" : told.empty.title));
  }

  function help() {
    const there = root.querySelector(".wb-help");
    if (there) {
      there.remove();
      return home();
    }
    const listed = (page?.form.types ?? []).map((/** @type {Type} */ one) => ({ keys: [], shown: one.key, command: "", says: `${one.label}: ${one.help}` }));
    root.append(helpPanel([{ title: "Inspect", keys: INSPECT_KEYS }, { title: "Defects", keys: listed }, { title: "Picture", keys: LOOKING_KEYS }], help));
  }

  function leave() {
    if (root.querySelector(".wb-help")) return help();
    home();
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  function pressed(event, target) {
    if (target === comment) {
      if (!["Enter", "Escape", "F1"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "F1") return help();
      if (event.key === "Escape") comment.value = lastMark(fields.current())?.comment ?? page.comment;
      return fields.element.focus(); // which keeps what was typed
    }
    const own = target.closest("button, summary");
    if (own && ["Enter", " "].includes(event.key)) return;
    const command = inspectionCommandOf(event);
    if (!command) return;
    event.preventDefault();
    run(command, event.key);
  }

  hearKeys(root, staysInForm, pressed);
  comeHome(root, "input, summary, details, .wb-help, .wb-error", () => home({ preventScroll: true }));
  comment.addEventListener("blur", () => void keepComment());
  const off = [
    channel.on("ahead", ({ image_id }) => void stage.fetched(image_id).catch(() => {})),
    channel.on("slow", (is) => is && say("Python is busy …")),
  ];
  void begin(root, channel, { show, trouble, gone: () => gone });

  return {
    destroy() {
      gone = true;
      off.forEach((stop) => stop());
      stage.destroy();
    },
  };
}

export default asWidget(mountInspection);
