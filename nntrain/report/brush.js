// Parallel coordinates: the line at the pointer, and ranges along the axes that keep the runs which pass there.
function parallel(chart, svg, output) {
  const upright = svg.classList.contains("upright"), way = upright ? chart.upright : chart.level;
  const lines = [...svg.querySelectorAll("path[data-line]")];
  const lit = element(svg, "path", { class: "lit", visibility: "hidden" });
  const point = (k, along) => (upright ? [way.across[k], along] : [along, way.across[k]]);
  const ranges = new Map(); // axis -> [from, to] along it
  const bars = new Map();
  const passes = (i) => [...ranges].every(([k, [from, to]]) => way.along[i][k] >= from && way.along[i][k] <= to);
  const kept = (i) => !ranges.size || passes(i);

  function apply() {
    for (const line of lines) line.classList.toggle("out", !kept(Number(line.dataset.line)));
    const runs = new Set(chart.lines.filter((_, i) => kept(i)).map((line) => String(line.run)));
    const known = new Set(chart.lines.map((line) => String(line.run)));
    for (const row of svg.closest("section, details").querySelectorAll("tr[data-run]")) {
      row.classList.toggle("off", known.has(row.dataset.run) && !runs.has(row.dataset.run));
    }
    say(output, ranges.size ? `${runs.size} of ${known.size} runs` : "", []);
  }

  function draw(k) {
    const range = ranges.get(k);
    if (!range) {
      bars.get(k)?.remove();
      bars.delete(k);
      return;
    }
    if (!bars.has(k)) bars.set(k, element(svg, "rect", { class: "brush" }));
    const [from, to] = range, size = Math.max(1, to - from), c = way.across[k] - 8;
    const box = upright ? { x: c, y: from, width: 16, height: size } : { x: from, y: c, width: size, height: 16 };
    for (const key in box) bars.get(k).setAttribute(key, box[key]);
  }

  let dragged = null;
  const spot = (event) => {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
    const x = ((event.clientX - box.left) / box.width) * view.width;
    const y = ((event.clientY - box.top) / box.height) * view.height;
    return upright ? [x, y] : [y, x];
  };
  svg.addEventListener("pointerdown", (event) => {
    const [across, along] = spot(event);
    const far = way.across.map((c) => Math.abs(c - across)), k = far.indexOf(Math.min(...far));
    if (far[k] > (upright ? 22 : 18)) return;
    dragged = { k, along };
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
    svg.focus();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const along = Math.min(way.to, Math.max(way.from, spot(event)[1]));
    const range = [Math.min(dragged.along, along), Math.max(dragged.along, along)];
    if (range[1] - range[0] > 3) ranges.set(dragged.k, [range[0] - 1, range[1] + 1]);
    else ranges.delete(dragged.k);
    draw(dragged.k);
    apply();
  });
  svg.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    if (Math.abs(spot(event)[1] - dragged.along) <= 3) ranges.delete(dragged.k);
    draw(dragged.k);
    dragged = null;
    apply();
  });
  svg.addEventListener("pointercancel", () => (dragged = null));

  const distance = (i, px, py) => {
    let best = Infinity;
    const spots = way.along[i].map((along, k) => point(k, along));
    for (let k = 0; k + 1 < spots.length; k++) {
      const [ax, ay] = spots[k], [bx, by] = spots[k + 1];
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const t = Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length));
      best = Math.min(best, (ax + t * (bx - ax) - px) ** 2 + (ay + t * (by - ay) - py) ** 2);
    }
    return best;
  };
  return {
    count: chart.lines.length,
    nearest: (px, py) => {
      const far = chart.lines.map((_, i) => (kept(i) ? distance(i, px, py) : Infinity));
      return far.indexOf(Math.min(...far));
    },
    show(i) {
      if (dragged) return;
      lit.setAttribute("d", "M" + way.along[i].map((along, k) => point(k, along).join(" ")).join("L"));
      lit.setAttribute("visibility", "visible");
      say(output, chart.lines[i].text, []);
    },
  };
}
KINDS.parallel = parallel;
