// @ts-check
// Plotly's own script, from the Python package beside the notebook: sent once a page, run as a module, no network.

const KEPT = Symbol.for("image-workbench.plotly");

/**
 * @param {import("./channel.js").Channel} channel
 * @returns {Promise<any>}
 */
export function plotlyHere(channel) {
  const page = /** @type {any} */ (globalThis);
  if (!page[KEPT]) {
    page[KEPT] = load(channel);
    page[KEPT].catch(() => delete page[KEPT]); // the next one may try again
  }
  return page[KEPT];
}

/** @param {import("./channel.js").Channel} channel */
async function load(channel) {
  const { buffers } = await channel.call("plotly");
  const stream = new Blob([/** @type {any} */ (buffers[0])]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = await new Response(stream).blob();
  const parts = ["const module = { exports: {} };\n", script, "\nexport default module.exports;\n"];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  const page = /** @type {any} */ (globalThis);
  const before = Object.getOwnPropertyDescriptor(page, "Plotly");
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
    delete page.Plotly; // the page may have a plotly of its own
    if (before) Object.defineProperty(page, "Plotly", before);
  }
}
