// Creates an element in one expression.

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== ""));
  return element;
}

/** Rows of name, kind and words. */
export function table(rows) {
  const body = rows.map(([name, kind, words]) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", { class: "kind" }, kind),
      make("td", {}, words),
    ),
  );
  return make("table", { class: "fields" }, make("tbody", {}, ...body));
}
