// The tables of a photo beside it: cells to correct by hand, copied or downloaded as CSV.

import { make } from "./make.js";

const DOUBTS = new Set(["unsure", "not-a-digit"]);
const SAID = 2000; // ms that a button says what it did

export class Tables extends EventTarget {
  #section;

  /** Event: `choose` with `detail` [table, row, column] when a cell gets the focus. */
  constructor(section) {
    super();
    this.#section = section;
  }

  /** Shows the tables of a reading; hides the section where there are none. */
  show(tables) {
    this.#section.hidden = !tables.length;
    this.#section.replaceChildren(...tables.map((table, number) => this.#one(table, number, tables.length)));
  }

  #one(table, number, count) {
    const body = make("tbody", {}, ...table.cells.map((row, i) => this.#row(row, [number, i])));
    const which = count > 1 ? `Table ${number + 1} of ${count}` : "Table";
    const caption = make("caption", {}, `${which}: ${table.rows} × ${table.columns}. ${doubtsOf(table)}`);
    const copy = make("button", { type: "button", class: "copy" }, "Copy as CSV");
    const save = make("button", { type: "button", class: "download" }, "Download");
    copy.addEventListener("click", () => copyText(csvOf(body), copy));
    save.addEventListener("click", () => download(csvOf(body), count > 1 ? `table-${number + 1}.csv` : "table.csv"));
    const scrolled = make("div", { class: "scrolled" }, make("table", { class: "cells" }, caption, body));
    return make("div", { class: "one-table" }, scrolled, make("div", { class: "actions" }, copy, save));
  }

  #row(row, place) {
    const cells = row.map((cell, j) => (cell ? this.#cell(cell, [...place, j]) : ""));
    return make("tr", {}, ...cells);
  }

  #cell(cell, place) {
    const [, row, column] = place;
    const label = `Row ${row + 1}, column ${column + 1}${DOUBTS.has(cell.verdict) ? ", uncertain" : ""}`;
    const input = make("input", { type: "text", inputmode: "numeric", "aria-label": label, size: "1" });
    input.value = cell.text;
    input.classList.toggle("doubt", DOUBTS.has(cell.verdict));
    input.addEventListener("input", () => input.classList.remove("doubt"));
    input.addEventListener("focus", () => this.dispatchEvent(new CustomEvent("choose", { detail: place })));
    input.addEventListener("keydown", (event) => walk(event, input));
    const [rows, columns] = cell.span ?? [1, 1];
    return make("td", { rowspan: rows, colspan: columns, "data-row": row, "data-column": column }, input);
  }
}

function doubtsOf(table) {
  const count = table.cells.flat().filter((cell) => cell && DOUBTS.has(cell.verdict)).length;
  if (!count) return "Correct a cell by typing into it.";
  return `${count} uncertain ${count === 1 ? "cell is" : "cells are"} marked; correct them by typing.`;
}

// Enter and the arrows up and down go to the cell below or above. Delete must not clear the photo.
function walk(event, input) {
  event.stopPropagation();
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const inputs = [...input.closest("table").querySelectorAll("input")];
  const { row, column } = input.parentElement.dataset;
  const next = inputs.filter(({ parentElement: { dataset } }) => dataset.column === column && (dataset.row - row) * step > 0);
  (step > 0 ? next[0] : next.at(-1))?.focus();
  event.preventDefault();
}

// The text of a merged cell is at its first place, and the rest is empty, as in the files.
function csvOf(body) {
  const rows = [...body.rows].map((row) => {
    const texts = [];
    for (const { dataset, firstChild } of row.cells) texts[dataset.column] = firstChild.value;
    return texts;
  });
  const spans = [...body.rows].flatMap((row) => [...row.cells]).map((cell) => Number(cell.dataset.column) + cell.colSpan);
  const width = Math.max(...spans);
  return rows.map((row) => Array.from({ length: width }, (_, j) => quoted(row[j] ?? "")).join() + "\n").join("");
}

function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function copyText(text, button) {
  const done = await written(text);
  const before = button.textContent;
  button.textContent = done ? "Copied" : "The browser does not allow copying";
  button.disabled = true;
  setTimeout(() => {
    button.textContent = before;
    button.disabled = false;
  }, SAID);
}

// Browsers offer the clipboard to secure pages only; selecting and copying works on the others.
async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea", { class: "hidden" }, text);
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

function download(text, name) {
  const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAID);
}
