// The grids over the photo, one outline for each cell. The SVG fits its box as the photo does.

const SVG = "http://www.w3.org/2000/svg";
const DOUBTS = new Set(["unsure", "not-a-digit"]);

/** Draws all tables of a reading; marks the cell at `chosen`: table, row and column. */
export function showGrids(layer, reading, chosen) {
  const [width, height] = reading.size;
  const drawing = element("svg", { viewBox: `0 0 ${width} ${height}`, class: "grids" });
  reading.tables.forEach((table, number) => {
    table.cells.forEach((row, i) =>
      row.forEach((cell, j) => {
        if (cell) drawing.append(outline(cell, [number, i, j].join() === chosen?.join()));
      }),
    );
  });
  layer.replaceChildren(drawing);
}

function outline(cell, chosen) {
  const points = cell.corners.map((corner) => corner.join()).join(" ");
  const shape = element("polygon", { points, "vector-effect": "non-scaling-stroke" });
  shape.classList.toggle("doubt", DOUBTS.has(cell.verdict));
  shape.classList.toggle("chosen", chosen);
  return shape;
}

function element(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
