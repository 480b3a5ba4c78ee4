// A click on a column's head sorts by it: numbers as numbers, what is empty last.
function sortable(table) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const cell = (row) => row.cells[k].textContent;
      const order = (a, b) => {
        const [x, y] = [cell(a), cell(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const both = Number(x) - Number(y);
        return (down ? -1 : 1) * (Number.isNaN(both) ? x.localeCompare(y, undefined, { numeric: true }) : both);
      };
      body.append(...[...body.rows].sort(order));
    });
  });
}

for (const figure of document.querySelectorAll("figure.chart")) {
  for (const svg of figure.querySelectorAll("svg")) listen(figure, svg);
}
document.querySelectorAll(".curves").forEach(controls);
document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("figure.moments").forEach(moments);
// A link to a task that is folded opens it.
addEventListener("hashchange", () => document.querySelector(`details${location.hash}`)?.setAttribute("open", ""));
