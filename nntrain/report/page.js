// Values at the pointer or the arrow keys; the page is complete without it.  `start` stands at the end of table.js.
"use strict";
const LEFT = 46, RIGHT = 10, TOP = 10, BOTTOM = 34, WIDTH = 360, HEIGHT = 230, SHOWN = 8;
const data = JSON.parse(document.getElementById("data").textContent);
const number = (v) => (v === null ? "–" : Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(5))));
const share = (s, v) => (s.log ? Math.log(v / s.low) / Math.log(s.high / s.low) : (v - s.low) / (s.high - s.low));
const element = (svg, name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return svg.appendChild(made);
};

function say(output, strong, parts) {
  output.textContent = "";
  const bold = document.createElement("b");
  bold.textContent = strong;
  output.append(bold, parts.length ? "  " + parts.join("  ·  ") : "");
}

// Each kind of chart: how many places there are, which is nearest to a point, and how one is shown.
function curves(chart, svg, output) {
  const xs = [...new Set(chart.series.flatMap((s) => s.x))].sort((a, b) => a - b);
  const cursor = element(svg, "path", { class: "cursor", visibility: "hidden" });
  const left = (x) => LEFT + share(chart.xs, x) * (WIDTH - LEFT - RIGHT);
  const top = (y) => HEIGHT - BOTTOM - share(chart.shown || chart.ys, y) * (HEIGHT - TOP - BOTTOM);
  return {
    count: xs.length,
    nearest: (px) => xs.reduce((best, x, i) => (Math.abs(left(x) - px) < Math.abs(left(xs[best]) - px) ? i : best), 0),
    show(i, py) {
      cursor.setAttribute("d", `M${left(xs[i])} ${TOP}V${HEIGHT - BOTTOM}`);
      cursor.setAttribute("visibility", "visible");
      let found = chart.series.map((s) => [s, s.y[s.x.indexOf(xs[i])]]).filter(([, y]) => y !== undefined && y !== null);
      if (found.length > SHOWN && py !== undefined) {
        found.sort((a, b) => Math.abs(top(a[1]) - py) - Math.abs(top(b[1]) - py));
      }
      const rest = found.length - SHOWN;
      found = found.slice(0, SHOWN).map(([s, y]) => `${s.name} ${number(y)}`);
      say(output, `${chart.x} ${number(xs[i])}`, rest > 0 ? [...found, `and ${rest} more`] : found);
    },
  };
}

function scattered(chart, svg, output) {
  const marker = element(svg, "circle", { class: "marker", r: 7, visibility: "hidden" });
  const distance = (p, px, py) => (p.px - px) ** 2 + (p.py - py) ** 2;
  return {
    count: chart.points.length,
    nearest: (px, py) =>
      chart.points.reduce((best, p, i) => (distance(p, px, py) < distance(chart.points[best], px, py) ? i : best), 0),
    show(i) {
      const p = chart.points[i];
      marker.setAttribute("cx", p.px);
      marker.setAttribute("cy", p.py);
      marker.setAttribute("visibility", "visible");
      say(output, p.text, []);
    },
  };
}

// Every drawing of a chart listens for itself: parallel coordinates have two, of which the style sheet shows one.
const KINDS = { lines: curves, points: scattered };
function listen(figure, svg) {
  const output = figure.querySelector("output"), chart = data[figure.dataset.chart];
  const shown = KINDS[chart.kind](chart, svg, output);
  let at = -1;
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
    const px = ((event.clientX - box.left) / box.width) * view.width;
    const py = ((event.clientY - box.top) / box.height) * view.height;
    at = shown.nearest(px, py);
    shown.show(at, py);
  });
  svg.addEventListener("keydown", (event) => {
    const last = shown.count - 1;
    const next = { ArrowRight: Math.min(last, at + 1), ArrowLeft: at < 0 ? last : Math.max(0, at - 1), Home: 0, End: last };
    if (!(event.key in next)) return;
    event.preventDefault();
    at = next[event.key];
    shown.show(at);
  });
}
