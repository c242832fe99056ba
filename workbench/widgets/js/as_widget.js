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
