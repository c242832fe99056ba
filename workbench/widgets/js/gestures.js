// @ts-check
// Moving and zooming a picture by mouse, pen or finger: drag, double click, wheel.

/**
 * @typedef {{
 *   begins?: (event: Event) => boolean, pan: (dx: number, dy: number) => void,
 *   zoom: (factor: number, x: number, y: number) => void, twice: () => void,
 * }} Moves
 */

/**
 * Let a stage be dragged and zoomed; what a pointer on a button does is the button's.
 *
 * @param {HTMLElement} stage
 * @param {Moves} moves pan by CSS pixels; zoom by a factor about a point of the stage; begins: whether there is anything to move
 */
export function gestures(stage, { begins = () => true, pan, zoom, twice }) {
  /** @param {PointerEvent} event */
  function drag(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button")) || !begins(event)) return;
    stage.setPointerCapture(event.pointerId);
    let [x, y] = [event.clientX, event.clientY];
    /** @param {PointerEvent} to */
    const move = (to) => {
      pan(to.clientX - x, to.clientY - y);
      [x, y] = [to.clientX, to.clientY];
    };
    const up = () => stage.removeEventListener("pointermove", move);
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", up, { once: true });
    stage.addEventListener("pointercancel", up, { once: true });
  }

  /** @param {WheelEvent} event */
  function wheel(event) {
    if (!begins(event)) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }

  stage.addEventListener("pointerdown", drag);
  stage.addEventListener("dblclick", twice);
  stage.addEventListener("wheel", wheel, { passive: false });
}
