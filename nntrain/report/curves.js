// Learning curves drawn again: smooth, or on another scale.  The numbers that are read out stay those of the log.
const finite = (v) => v !== null && Number.isFinite(v);

// y ← w y + (1 − w) v, with the weights of what has been seen so far adding up to 1.
function smoothed(values, weight) {
  let last = 0, total = 0;
  return values.map((v) => {
    if (!finite(v)) return v;
    last = weight * last + (1 - weight) * v;
    total = weight * total + (1 - weight);
    return last / total;
  });
}

function ticks(scale) {
  if (scale.log) {
    const from = Math.ceil(Math.log10(scale.low) - 1e-9), to = Math.floor(Math.log10(scale.high) + 1e-9);
    if (to - from >= 1) {
      const every = Math.ceil((to - from + 1) / 5), found = [];
      for (let p = from; p <= to; p += every) found.push(10 ** p);
      return found;
    }
  }
  const span = (scale.high - scale.low) / 5, power = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= span * 0.999), found = [];
  for (let i = Math.ceil(scale.low / step - 1e-9); i * step <= scale.high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

const short = (v) => String(Number(v.toPrecision(4))).replace("e-0", "e-");

function redraw(figure, weight, wanted) {
  const chart = data[figure.dataset.chart], svg = figure.querySelector("svg");
  const lines = chart.series.map((s) => ({ ...s, shown: weight ? smoothed(s.y, weight) : s.y }));
  const values = chart.series.flatMap((s) => s.y).filter(finite);
  const positive = values.filter((v) => v > 0);
  const log = wanted === "auto" ? chart.ys.log : wanted === "log" && positive.length > 0;
  const low = log ? Math.min(...positive) : chart.ys.low;
  const scale = { low, high: chart.ys.high, log: log && low < chart.ys.high };
  chart.shown = scale;
  const left = (x) => (LEFT + share(chart.xs, x) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const top = (y) => (HEIGHT - BOTTOM - Math.min(1, Math.max(0, share(scale, y))) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const drawable = (y) => finite(y) && (!scale.log || y > 0);
  const rows = svg.querySelector("g.rows");
  rows.textContent = "";
  for (const tick of ticks(scale)) {
    element(rows, "path", { class: "grid", d: `M${LEFT} ${top(tick)}H${WIDTH - RIGHT}` });
    const text = element(rows, "text", { class: "tick", x: LEFT - 5, y: Number(top(tick)) + 4, "text-anchor": "end" });
    text.textContent = short(tick);
  }
  svg.querySelectorAll("g.curve").forEach((group, k) => {
    const line = lines[k];
    let d = "", run = [];
    const end = () => { if (run.length > 1) d += "M" + run.join("L"); run = []; };
    line.shown.forEach((y, i) => (drawable(y) ? run.push(`${left(line.x[i])} ${top(y)}`) : end()));
    end();
    group.querySelector("path.line").setAttribute("d", d);
    const mark = group.querySelector("circle.mark"), at = mark ? line.shown[line.x.indexOf(line.mark)] : null;
    if (mark) mark.setAttribute("visibility", drawable(at) ? "visible" : "hidden");
    if (mark && drawable(at)) mark.setAttribute("cy", top(at));
    const alone = line.shown.filter((y, i) => drawable(y) && !finite(line.shown[i - 1]) && !finite(line.shown[i + 1]));
    group.querySelectorAll("circle.dot").forEach((dot, i) => alone[i] !== undefined && dot.setAttribute("cy", top(alone[i])));
  });
}

// A smoothing and a scale for all the learning curves that stand together.
function controls(charts) {
  const figures = [...charts.querySelectorAll("figure.chart")].filter((f) => data[f.dataset.chart].kind === "lines");
  if (!figures.length || figures.every((f) => data[f.dataset.chart].series.every((s) => s.x.length < 2))) return;
  const bar = document.createElement("div");
  bar.className = "controls";
  const smoothing = document.createElement("input");
  Object.assign(smoothing, { type: "range", min: 0, max: 0.98, step: 0.02, value: 0 });
  const scale = document.createElement("select");
  for (const name of ["auto", "linear", "log"]) scale.add(new Option(name, name));
  for (const [text, input] of [["smoothing", smoothing], ["scale", scale]]) {
    const label = document.createElement("label");
    label.append(text, input);
    bar.append(label);
    input.addEventListener("input", () => figures.forEach((f) => redraw(f, Number(smoothing.value), scale.value)));
  }
  charts.before(bar);
}
