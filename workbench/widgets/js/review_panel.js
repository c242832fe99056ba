// @ts-check
// What stands beside the pictures: why, what the metadata of the two says differently, and the facts of the files.

import { button, el, icon, ICONS } from "./dom.js";

/** What each relation is called. @type {Record<string, string>} */
export const RELATION_NAMES = {
  exact: "Same file",
  "same-picture": "Same picture",
  fuzzy: "Edited copy",
  content: "Part of the same picture",
  duplicate: "Said to be duplicates",
  variant: "Variant",
  not_duplicate: "Not a duplicate",
};

/** Bytes as people say them. @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes;
  let unit = "bytes";
  for (const larger of ["kB", "MB", "GB", "TB"]) {
    if (value < 1000) break;
    value /= 1000;
    unit = larger;
  }
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** What becomes of an image. @param {any} one */
export function fateOf(one) {
  return !one?.mark ? "may go" : one.mark === "variant" ? "variant" : "no duplicate";
}

/** @param {any} kept @param {any} other */
function whySection(kept, other) {
  const compared = other.words.length ? other : kept;
  const [relation, ...rest] = compared.words;
  const score = compared.score < 1 ? el("span", { class: "wb-review-score", text: `${Math.floor(compared.score * 100)} % sure`, title: "How sure the finder is of this" }) : "";
  return el("section", {}, [
    el("h3", { text: "Why it is shown" }),
    el("p", { class: "wb-review-relation" }, [el("strong", { text: RELATION_NAMES[compared.relation] ?? compared.relation }), score]),
    ...[relation, ...rest].filter(Boolean).map((text) => el("p", { text })),
  ]);
}

/** @param {any} cluster @param {any} kept @param {any} other */
function keeperSection(cluster, kept, other) {
  const own = cluster.keeper !== cluster.proposed;
  const lines = own ? [`You chose it. Proposed is ${cluster.members.find((/** @type {any} */ one) => one.image_id === cluster.proposed)?.number}.`] : other.why.length ? other.why : cluster.why;
  return el("section", {}, [
    el("h3", { text: own ? `Why ${kept.number} is the keeper` : `Why ${kept.number} rather than ${other.number}` }),
    lines.length > 1 ? el("ul", {}, lines.map((/** @type {string} */ text) => el("li", { text }))) : el("p", { text: lines[0] ?? "" }),
  ]);
}

/** @param {string} caption @param {any[]} rows @param {any} kept @param {any} other @param {string} none */
function table(caption, rows, kept, other, none) {
  if (!rows.length) return el("section", {}, [el("h3", { text: caption }), el("p", { class: "wb-hint", text: none })]);
  const head = el("tr", {}, [el("td"), el("th", { scope: "col", text: `${kept.number} · keeper` }), el("th", { scope: "col", text: `${other.number} · other` })]);
  const body = rows.map((row) =>
    el("tr", { class: row.differs === false ? "" : "wb-differs" }, [
      el("th", { scope: "row", text: row.label }),
      ...[kept, other].map((one) => {
        const text = row.values[one.image_id] ?? "";
        return el("td", { dir: "auto", class: text ? "" : "wb-none", text: text || "—" });
      }),
    ]),
  );
  return el("section", {}, [el("h3", { text: caption }), el("table", {}, [el("thead", {}, [head]), el("tbody", {}, body)])]);
}

/** Everything in words about the two that are compared. @param {any} cluster @returns {HTMLElement[]} */
export function panelOf(cluster) {
  const kept = cluster.members.find((/** @type {any} */ one) => one.image_id === cluster.keeper);
  const other = cluster.members.find((/** @type {any} */ one) => one.image_id === cluster.looked) ?? kept;
  return [
    whySection(kept, other),
    keeperSection(cluster, kept, other),
    table("Metadata that differs", cluster.fields, kept, other, "Their metadata say the same."),
    table("Files", cluster.facts, kept, other, ""),
  ];
}

/**
 * The members of a cluster, to choose which is compared and which stays.
 * @param {{look: (id: string) => void, keep: (id: string) => void}} act @param {(id: string) => string | undefined} thumbOf
 */
export function mountMembers(act, thumbOf) {
  const element = el("div", { class: "wb-review-members", role: "group", "aria-label": "Images of this cluster" });

  /** @param {any} cluster */
  function show(cluster) {
    const hidden = cluster.images - cluster.members.length;
    const rest = hidden ? [el("p", { class: "wb-hint wb-review-rest", text: `${counted(hidden, "more image")}: → goes on to them` })] : [];
    element.replaceChildren(...cluster.members.map((/** @type {any} */ one) => item(one, cluster)), ...rest);
    element.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {any} one @param {any} cluster */
  function item(one, cluster) {
    const keeps = one.image_id === cluster.keeper;
    const fate = keeps ? "stays" : fateOf(one);
    const size = one.width ? `${one.width} × ${one.height}` : one.format;
    const thumb = thumbOf(one.image_id);
    const looked = one.image_id === cluster.looked;
    const look = el("button", {
      type: "button", class: "wb-review-look", "aria-current": looked ? "true" : null, title: one.path,
      "aria-label": `Compare image ${one.number}, ${one.name}, ${size}, ${fate}`,
      onclick: () => (keeps ? undefined : act.look(one.image_id)),
    }, [
      el("span", { class: "wb-review-thumb", "data-thumb": one.image_id }, thumb ? [el("img", { src: thumb, alt: "", draggable: "false" })] : [el("span", { text: one.format })]),
      el("span", { class: "wb-review-number", text: String(one.number) }),
      el("span", { class: "wb-review-about" }, [el("span", { class: "wb-review-name", dir: "auto", text: one.name }), el("span", { class: "wb-hint", text: `${size} · ${sizeWords(one.size)}` })]),
    ]);
    const keep = keeps
      ? el("span", { class: "wb-review-fate" }, [icon(ICONS.check), el("span", { text: "keeper" })])
      : el("span", { class: "wb-review-fate" }, [button(`Keep image ${one.number} instead`, () => act.keep(one.image_id), { class: "wb-button wb-small" }, ["Keep"]), el("span", { text: fate })]);
    return el("div", { class: `wb-review-member${keeps ? " wb-keeps" : ""}${one.mark ? " wb-apart" : ""}${looked ? " wb-looked" : ""}`, "data-id": one.image_id }, [look, keep]);
  }

  return {
    element,
    show,
    /** Put thumbnails in that have come. @param {string[]} ids */
    thumbsCame(ids) {
      for (const id of ids) {
        const place = element.querySelector(`[data-thumb="${CSS.escape(id)}"]`);
        place?.replaceChildren(el("img", { src: thumbOf(id), alt: "", draggable: "false" }));
      }
    },
  };
}

/**
 * What accepting many at once would do.
 * @param {any} preview @param {{accept: () => void, close: () => void}} act @param {(id: string) => string | undefined} thumbOf
 */
export function bulkPanel(preview, act, thumbOf) {
  const kinds = Object.entries(preview.kinds).map(([kind, count]) => `${RELATION_NAMES[kind] ?? kind}: ${Number(count).toLocaleString("en")}`);
  const examples = preview.examples.map((/** @type {any} */ one) =>
    el("li", {}, [
      el("span", { class: "wb-bulk-pictures" }, one.members.map((/** @type {any} */ member) => el("span", { class: "wb-review-thumb", "data-thumb": member.image_id, title: member.path }, thumbOf(member.image_id) ? [el("img", { src: thumbOf(member.image_id), alt: "" })] : []))),
      el("span", { class: "wb-bulk-words" }, [
        el("span", { dir: "auto", text: one.members[0]?.name ?? "" }),
        el("span", { class: "wb-hint", text: `stays; ${counted(one.images - 1, "other")} may go` }),
      ]),
    ]),
  );
  const nothing = !preview.clusters;
  const go = button("Accept them", act.accept, { class: "wb-button wb-main", disabled: nothing }, [icon(ICONS.check), el("span", { text: nothing ? "Nothing to accept" : `Accept ${counted(preview.clusters, "cluster")}` })]);
  return el("div", { class: "wb-help wb-bulk", role: "dialog", "aria-modal": "true", "aria-label": "Accept many clusters", tabindex: -1 }, [
    el("header", {}, [el("h2", { text: nothing ? "Nothing is open here" : `Accept ${counted(preview.clusters, "cluster")} at once?` }), button("Close", act.close, {}, [icon(ICONS.close)])]),
    el("p", { text: `In each the proposed keeper stays. ${counted(preview.redundant, "file")} may go then, ${sizeWords(preview.bytes)}. Nothing is moved yet, and U takes it all back.` }),
    el("p", { class: "wb-hint", text: kinds.join(" · ") }),
    preview.proved || nothing ? "" : el("p", { class: "wb-bulk-warning", text: "Not all of these are proved to be the same. Look at some of them first." }),
    preview.held ? el("p", { class: "wb-hint", text: `${counted(preview.held, "cluster")} left out: somebody is at them.` }) : "",
    examples.length ? el("h3", { text: preview.examples.length < preview.clusters ? "Some of them" : "These" }) : "",
    el("ul", { class: "wb-bulk-examples" }, examples),
    el("footer", {}, [go, button("Cancel", act.close)]),
  ]);
}
