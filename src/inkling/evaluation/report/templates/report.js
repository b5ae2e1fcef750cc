"use strict";
// A cell of the confusion matrix shows its images beside it, without a jump of the page.
// Without this script the links lead to the same images through :target.
(() => {
  const matrix = document.querySelector(".matrix");
  if (!matrix) return;
  document.documentElement.classList.add("js");
  const links = [...matrix.querySelectorAll("a")];
  const panelOf = (link) => document.getElementById(link.hash.slice(1));

  const show = (link) => {
    for (const other of links) {
      other.toggleAttribute("aria-current", other === link);
      panelOf(other)?.classList.toggle("shown", other === link);
    }
  };

  const neighbour = (link, rows, columns) => {
    const cell = link.closest("td");
    let row = cell.parentElement.rowIndex;
    let column = cell.cellIndex;
    for (;;) {
      row += rows;
      column += columns;
      const next = matrix.rows[row]?.cells[column];
      if (!next || next.tagName !== "TD") return null;
      const found = next.querySelector("a");
      if (found) return found;
    }
  };

  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  matrix.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    show(link);
    panelOf(link)?.scrollIntoView({ block: "nearest" });
  });
  matrix.addEventListener("keydown", (event) => {
    const link = event.target.closest("a");
    const step = steps[event.key];
    if (!link || !step) return;
    event.preventDefault();
    neighbour(link, ...step)?.focus();
  });

  const asked = links.find((link) => link.hash === location.hash);
  const first = links.find((link) => panelOf(link)?.classList.contains("shown"));
  if (asked || first) show(asked || first);
})();
