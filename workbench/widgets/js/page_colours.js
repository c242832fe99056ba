// @ts-check
// The page's colours as a drawing library understands them, and word when they change.

const NAMES = /** @type {const} */ (["ink", "quiet", "line", "page", "brand", "other", "land"]);

/**
 * @param {HTMLElement} root where the colours hold @param {() => void} changed
 * @returns {{colours: () => import("./chart_paint.js").Colours, stop: () => void}}
 */
export function pageColours(root, changed) {
  const probes = NAMES.map((name) => {
    const probe = document.createElement("i");
    probe.className = `wb-probe wb-probe-${name}`;
    probe.setAttribute("aria-hidden", "true");
    return probe;
  });
  const holder = document.createElement("div");
  holder.hidden = false;
  holder.className = "wb-probes";
  holder.append(...probes);
  root.append(holder);
  // Each probe has a transition of no length to speak of: it runs whenever the theme changes its colour, however that came.
  // JupyterLab hides the page for a moment while it changes the theme, which cancels them: the new colours hold by then.
  const told = () => changed();
  const over = ["transitionend", "transitioncancel"];
  for (const event of over) holder.addEventListener(event, told);
  return {
    colours: () => /** @type {any} */ (Object.fromEntries(NAMES.map((name, i) => [name, asRgb(getComputedStyle(probes[i]).color)]))),
    stop() {
      for (const event of over) holder.removeEventListener(event, told);
      holder.remove();
    },
  };
}

/** Browsers answer with color(srgb …) where colours were mixed. @param {string} colour */
function asRgb(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue, opacity] = pen.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${Math.round((opacity / 255) * 1000) / 1000})`;
}
