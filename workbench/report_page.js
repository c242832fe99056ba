// Draws a report's figures, in the colours of light and dark; inlined into the page after `const LOOK`.
const drawReport = (() => {
  const dark = matchMedia("(prefers-color-scheme: dark)"), drawn = [];
  const draw = ({node, figure}) => {
    const of = role => LOOK[dark.matches ? "dark" : "light"][role], ink = of("ink"), line = of("line");
    const copy = JSON.parse(JSON.stringify(figure)), layout = copy.layout;
    for (const trace of copy.data) {
      const colour = of(trace.meta.role);
      trace.marker = {...(trace.marker || {}), color: colour};
      if (trace.line) trace.line.color = colour;
      for (const axis of ["error_x", "error_y"]) if (trace[axis]) trace[axis].color = colour;
    }
    for (const axis of ["xaxis", "yaxis", "yaxis2"])
      if (layout[axis]) Object.assign(layout[axis], {gridcolor: line, linecolor: line, tickcolor: line});
    for (const shape of layout.shapes) shape.line = {color: of("soft"), width: 1.5, dash: "dot"};
    Object.assign(layout, {
      font: {family: getComputedStyle(document.body).fontFamily, size: 13, color: ink},
      margin: {l: 8, r: 24, t: layout.annotations.length ? 30 : 10, b: 40}, paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)", 
      legend: {orientation: "h", x: 0, y: layout.annotations.length ? 1.12 : 1.02, yanchor: "bottom", traceorder: "normal"},
      hoverlabel: {bgcolor: of("page"), font: {color: ink}}, colorway: [of("accent")],
    });
    Plotly.react(node, copy.data, layout, {responsive: true, displayModeBar: false});
  };
  dark.addEventListener("change", () => drawn.forEach(draw));
  return (name, figure) => {
    const node = document.getElementById(name);
    node.replaceChildren();
    drawn.push({node, figure});
    draw(drawn.at(-1));
  };
})();
