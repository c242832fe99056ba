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
