// @ts-check
// Figures come from Python without colours; here each trace gets them by its role, and clicks become bounds.

/** @typedef {{ink: string, quiet: string, line: string, page: string, brand: string, other: string, land: string}} Colours */
/** @typedef {{data: any[], layout: any}} Figure */

/**
 * @param {Figure} figure @param {Colours} colours @param {{width: number, height: number}} size
 * @param {"h" | "any" | "none"} drag how one can draw a box in it
 * @returns {Figure}
 */
export function painted(figure, colours, size, drag) {
  const { ink, quiet, line, page } = colours;
  const axis = { color: quiet, gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { size: 11, color: quiet } };
  const layout = {
    ...figure.layout,
    ...size,
    autosize: false,
    xaxis: { ...figure.layout.xaxis, ...axis },
    yaxis: { ...figure.layout.yaxis, ...axis },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "inherit", size: 12, color: ink },
    hoverlabel: { bgcolor: page, bordercolor: line, font: { color: ink, size: 12 }, align: "left" },
    dragmode: drag === "none" ? false : "select",
    selectdirection: drag === "h" ? "h" : "any",
    newselection: { line: { color: colours.brand, width: 1, dash: "solid" } },
    selections: [],
  };
  return { data: figure.data.map((trace) => paintedTrace(trace, colours)), layout };
}

/** @param {any} trace @param {Colours} colours */
function paintedTrace(trace, { brand, other, land, page, quiet }) {
  const role = trace.meta?.role;
  const still = { selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: 0.45 } }, selectedpoints: null };
  if (role === "coast") return { ...trace, line: { color: land, width: 1 } };
  if (role === "points") {
    return { ...trace, ...still, marker: { ...trace.marker, color: brand, opacity: 0.72, line: { color: page, width: 1 } } };
  }
  const chosen = trace.meta?.chosen;
  const color = chosen ? chosen.map((/** @type {boolean} */ is) => (is ? brand : other)) : brand;
  return { ...trace, ...still, marker: { color, line: { width: 0 } }, textfont: { color: quiet, size: 11 } };
}

/**
 * The bounds that one or more points of a chart stand for.
 * @param {"date" | "pixels" | "place"} what
 * @param {any[]} bounds each point's customdata
 * @returns {any[] | null}
 */
export function joined(what, bounds) {
  if (!bounds.length) return null;
  if (what === "place") {
    const [south, west, north, east] = [0, 1, 2, 3].map((i) => bounds.map((one) => Number(one[i])));
    return [Math.min(...south), Math.min(...west), Math.max(...north), Math.max(...east)];
  }
  const lows = bounds.map((one) => one[0]);
  const highs = bounds.map((one) => one[1]);
  if (what === "date") return [lows.toSorted()[0], highs.toSorted()[highs.length - 1]];
  return [Math.min(...lows), highs.some((one) => one === null) ? null : Math.max(...highs)];
}

/**
 * What a box drawn across bars touches: a bar counts when any of it lies inside, not only its middle.
 * @param {"date" | "pixels"} what @param {any[]} range where the box begins and ends on the axis
 * @param {any[]} bounds each bar's customdata, in order
 */
export function crossed(what, range, bounds) {
  if (what === "date") {
    const [low, high] = range.map((one) => String(one).slice(0, 10)).toSorted();
    return bounds.filter(([first, last]) => first <= high && last >= low);
  }
  const [low, high] = range.map(Number).toSorted((a, b) => a - b);
  return bounds.filter((_, place) => place < high && place + 1 > low);
}

/** @param {any} figure whether it shows anything */
export function isBlank(figure) {
  const trace = figure.data[figure.data.length - 1];
  return !trace || !(trace.y ?? []).length;
}
