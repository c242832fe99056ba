// @ts-check
// What Jupyter calls to show a widget: a place to draw in, a channel to Python, and both given back at the end.

import { openChannel } from "./channel.js";
import { showHidden } from "./dom.js";

/**
 * @param {(root: HTMLElement, channel: import("./channel.js").Channel) => {destroy: () => void}} mount
 * @returns {{render: (given: {model: any, el: HTMLElement}) => () => void}}
 */
export function asWidget(mount) {
  return {
    render({ model, el: place }) {
      const root = place.ownerDocument.createElement("div");
      place.append(root);
      showHidden(root);
      const channel = openChannel(model);
      const shown = mount(root, channel);
      return () => {
        shown.destroy();
        channel.close();
      };
    },
  };
}

/**
 * Ask for what is to be shown first, and show it; after an error it can be asked for again.
 * @param {HTMLElement} root
 * @param {import("./channel.js").Channel} channel
 * @param {{show: (view: any) => void, trouble: (error: any, again?: () => any) => void, gone: () => boolean}} widget
 */
export async function begin(root, channel, widget) {
  try {
    const { view } = await channel.call("view");
    if (widget.gone()) return;
    root.style.height = `${view.height}px`;
    widget.show(view);
  } catch (error) {
    widget.trouble(error, () => begin(root, channel, widget));
  }
}

/**
 * Make a place one group that has the keyboard by itself, and keeps its keys from the notebook.
 * @param {HTMLElement} root @param {string} style @param {string} name
 */
export function asGroup(root, style, name) {
  root.classList.add("wb", style);
  root.setAttribute("tabindex", "0");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", `${name}. Press ? for the keys.`);
  root.setAttribute("data-lm-suppress-shortcuts", "true");
}

/**
 * Hear the keys that stay here; the notebook hears none of them.
 * @param {HTMLElement} root
 * @param {(event: KeyboardEvent) => boolean} stays
 * @param {(event: KeyboardEvent, target: HTMLElement) => void} pressed
 */
export function hearKeys(root, stays, pressed) {
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (!stays(event)) return;
    event.stopPropagation();
    if (event.type === "keydown" && !event.isComposing) pressed(event, /** @type {HTMLElement} */ (event.target));
  };
  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, /** @type {any} */ (key));
}

/**
 * After a click the keys mean what is shown again, unless it was on something that keeps them.
 * @param {HTMLElement} root @param {string} keeping a selector @param {() => void} home
 */
export function comeHome(root, keeping, home) {
  root.addEventListener("click", (event) => {
    if (event.detail > 0 && !(/** @type {HTMLElement} */ (event.target).closest(keeping))) home();
  });
}
