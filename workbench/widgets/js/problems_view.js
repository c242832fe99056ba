// @ts-check
// The files with problems, those that never became an image too: kinds on the left, files on the right.

import { button, el, errorBox } from "./dom.js";

/**
 * @param {import("./channel.js").Channel} channel
 * @param {{find: (query: string) => void}} act
 */
export function problemsView(channel, act) {
  /** @type {any} */
  let told = null;
  let kind = "";
  let unread = false;
  let asked = 0;
  const kinds = el("ul", { class: "wb-kinds", "aria-label": "Kinds of problem" });
  const head = el("header", { class: "wb-problems-head" });
  const rows = el("tbody");
  const table = el("table", {}, [
    el("thead", {}, [el("tr", {}, ["File", "What is wrong", "Batch", ""].map((text) => el("th", { scope: "col", text })))]),
    rows,
  ]);
  const foot = el("div", { class: "wb-problems-foot" });
  const list = el("div", { class: "wb-problems-list", tabindex: 0, role: "region", "aria-label": "Files with problems" }, [table, foot]);
  const only = el("input", { type: "checkbox" });
  only.addEventListener("change", () => {
    unread = only.checked;
    void load(0);
  });
  const element = el("section", { class: "wb-problems", "aria-label": "Problems" }, [kinds, el("div", { class: "wb-problems-main" }, [head, list])]);

  function drawKinds() {
    const all = { kind: "", label: "All problems", message: "", files: told.files, images: 0 };
    kinds.replaceChildren(
      ...[...(told.within || !told.kinds.length ? [{ ...all, files: null }] : [all]), ...told.kinds].map((one) =>
        el("li", {}, [
          el("button", { type: "button", class: "wb-kind", "aria-pressed": String(one.kind === kind), title: one.message, onclick: () => choose(one.kind) }, [
            el("span", { text: one.label }),
            el("span", { class: "wb-facet-count", text: one.files === null ? "" : one.files.toLocaleString("en") }),
          ]),
        ]),
      ),
    );
  }

  function drawHead() {
    const one = told.kinds.find((/** @type {any} */ each) => each.kind === kind);
    head.replaceChildren(
      el("div", {}, [
        el("strong", { text: one ? one.label : "All problems" }),
        el("span", { class: "wb-hint", text: one ? one.message : "Files that can't be read properly. The rest of each file is used as far as it goes." }),
        ...(told.within ? [el("span", { class: "wb-hint", text: `Only in: ${told.within}` })] : []),
      ]),
      el("div", { class: "wb-problems-tools" }, [
        el("label", { class: "wb-field" }, [only, el("span", { text: "Only files that aren't images" })]),
        ...(one?.images ? [button(`Show the ${one.images.toLocaleString("en")} among the images`, () => act.find(`problem:${one.kind}`))] : []),
      ]),
    );
  }

  /** @param {string} to */
  function choose(to) {
    kind = to;
    drawKinds();
    drawHead();
    void load(0);
  }

  /** @param {number} skip */
  async function load(skip) {
    const turn = (asked += 1);
    try {
      const { view } = await channel.call("problems", { kind, unread, skip });
      if (turn === asked) fill(view);
    } catch (error) {
      if (turn === asked) foot.replaceChildren(errorBox(error, () => void load(skip)));
    }
  }

  /** @param {any} view */
  function fill(view) {
    const drawn = view.rows.map(row);
    if (view.skip) rows.append(...drawn);
    else {
      rows.replaceChildren(...drawn);
      list.scrollTop = 0;
    }
    const count = rows.childElementCount;
    table.hidden = !count;
    foot.replaceChildren(
      ...(count ? [] : [el("p", { class: "wb-hint", text: "No file has such a problem." })]),
      ...(view.more ? [button("Show more", () => void load(count))] : []),
    );
  }

  /** @param {any} one */
  function row(one) {
    const detail = one.detail ? [el("details", {}, [el("summary", { text: "Technical details" }), el("code", { text: one.detail })])] : [];
    const last = one.is_image
      ? [button("Show", () => act.find(`id:${one.image_id}`), { title: "Show it among the images" })]
      : [el("span", { class: "wb-badge wb-badge-problem", text: "not in images" })];
    return el("tr", {}, [
      el("td", { class: "wb-path", text: one.path }),
      el("td", {}, [el("span", { text: one.message }), ...detail]),
      el("td", { text: one.batch }),
      el("td", { class: "wb-last" }, last),
    ]);
  }

  return {
    element,
    /** @param {any} given */
    show(given) {
      told = given;
      if (!told.kinds.some((/** @type {any} */ one) => one.kind === kind)) kind = "";
      choose(kind);
    },
  };
}
