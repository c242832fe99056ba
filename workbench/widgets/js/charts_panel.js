// @ts-check
// The charts beside the pictures: drawn by plotly, coloured like the page; a click or a drawn box filters.

import { crossed, isBlank, joined, painted } from "./chart_paint.js";
import { el, errorBox } from "./dom.js";
import { pageColours } from "./page_colours.js";
import { plotlyHere } from "./plotly_here.js";

const CHARTS = /** @type {const} */ ([
  { key: "timeline", title: "When", what: "date", drag: "h", hint: "Click a bar, or draw across several", blank: "No image says when it was taken." },
  { key: "places", title: "Where", what: "place", drag: "any", hint: "Click a dot, or draw a box", blank: "No image says where it was taken." },
  { key: "sizes", title: "Megapixels", what: "pixels", drag: "h", hint: "Click a bar, or draw across several", blank: "No image has a known size." },
  { key: "formats", title: "Format", what: "format", drag: "none", hint: "Click a bar", blank: "No images." },
]);
const CONFIG = {
  displayModeBar: false, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false, showTips: false, typesetMath: false,
  doubleClick: false, responsive: false, scrollZoom: false, showAxisDragHandles: false,
};

/**
 * @param {import("./channel.js").Channel} channel
 * @param {{limit: (what: string, bounds: any[]) => void, toggle: (facet: string, value: any) => void}} act
 */
export function chartsPanel(channel, act) {
  /** @type {any} */
  let plotly = null;
  /** @type {Record<string, any> | null} */
  let figures = null;
  let frame = 0;
  let gone = false;
  const trouble = el("div", {});
  const cards = CHARTS.map((chart) => {
    const plot = el("div", { class: "wb-plot", role: "img", "aria-label": chart.title });
    const blank = el("p", { class: "wb-plot-blank wb-hint", text: "Loading…" });
    const card = el("figure", { class: `wb-chart wb-chart-${chart.key}` }, [
      el("figcaption", { title: chart.hint }, [el("strong", { text: chart.title }), el("span", { class: "wb-hint", text: chart.hint })]),
      el("div", { class: "wb-plot-room" }, [plot, blank]),
    ]);
    return { chart, card, plot, blank, drawn: false };
  });
  const element = el("aside", { class: "wb-x-charts", "aria-label": "Charts" }, [trouble, ...cards.map((one) => one.card)]);
  const page = pageColours(element, later);
  const watch = new ResizeObserver(later);
  watchSizes();

  function watchSizes() {
    watch.disconnect(); // or those watched already would be as they were
    for (const { plot } of cards) watch.observe(/** @type {Element} */ (plot.parentElement));
  }

  function later() {
    if (!frame && !gone) frame = requestAnimationFrame(draw);
  }

  async function load() {
    try {
      trouble.replaceChildren();
      plotly = await plotlyHere(channel);
      later();
    } catch (error) {
      if (!gone) trouble.replaceChildren(errorBox(error, () => void load()));
    }
  }

  function draw() {
    frame = 0;
    if (gone || !figures || !plotly) return;
    if (!element.clientWidth) {
      watchSizes(); // hidden, perhaps for less than a frame: observed anew, it tells of any size
      return;
    }
    const colours = page.colours();
    for (const one of cards) drawOne(one, figures[one.chart.key], colours);
  }

  /** @param {typeof cards[number]} one @param {any} figure @param {import("./chart_paint.js").Colours} colours */
  function drawOne(one, figure, colours) {
    const { chart, plot, blank } = one;
    blank.hidden = Boolean(figure) && !isBlank(figure);
    plot.hidden = !blank.hidden;
    blank.textContent = chart.blank;
    const room = /** @type {HTMLElement} */ (plot.parentElement);
    const size = { width: room.clientWidth, height: room.clientHeight };
    if (plot.hidden || size.width < 40 || size.height < 40) return;
    const { data, layout } = painted(figure, colours, size, chart.drag);
    plotly.react(plot, data, layout, CONFIG);
    if (!one.drawn) listen(one);
    one.drawn = true;
  }

  /** @param {typeof cards[number]} one */
  function listen({ chart, plot }) {
    const { what, drag } = chart;
    const boundsOf = (/** @type {any} */ point) => point.customdata;
    plot.on("plotly_click", (/** @type {any} */ event) => picked(chart, [event.points[0].customdata]));
    plot.on("plotly_selected", (/** @type {any} */ event) => {
      if (!event || (drag === "h" && !event.range)) return; // what we drew last was taken away
      const touched = drag === "h" ? crossed(what, event.range.x, plot.data[0].customdata) : event.points.map(boundsOf);
      if (touched.length) picked(chart, touched);
      else later(); // an empty box: take it away
    });
  }

  /** @param {typeof CHARTS[number]} chart @param {any[]} given */
  function picked(chart, given) {
    const points = given.filter((one) => one !== undefined && one !== null);
    if (chart.what === "format") act.toggle("format", points[0]);
    else {
      const bounds = joined(chart.what, points);
      if (bounds) act.limit(chart.what, bounds);
    }
  }

  return {
    element,
    /** @param {Record<string, any> | null} given */
    show(given) {
      figures = given;
      if (given && !plotly) void load();
      later();
    },
    destroy() {
      gone = true;
      cancelAnimationFrame(frame);
      watch.disconnect();
      page.stop();
      if (plotly) for (const one of cards) if (one.drawn) plotly.purge(one.plot);
    },
  };
}
