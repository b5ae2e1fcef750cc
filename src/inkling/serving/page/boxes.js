// The boxes over the drawing or photo, placed in percent of the stage so that they scale with it.

import { boxLabel } from "./words.js";

const AIR = 10; // pixels between ink and frame on the stage

/** `place`: the position of the image on the stage: x, y, width, height in pixels. */
export function showBoxes(layer, reading, place, chosen) {
  const [wide, high] = reading.size;
  const scale = place.width / wide;
  const items = reading.digits.map((digit, index) => {
    const [x, y, w, h] = digit.box;
    const left = Math.max(2, place.x + x * scale - AIR);
    const top = Math.max(2, place.y + y * (place.height / high) - AIR);
    const right = Math.min(layer.clientWidth - 2, place.x + (x + w) * scale + AIR);
    const bottom = Math.min(layer.clientHeight - 2, place.y + (y + h) * scale + AIR);
    return makeBox(layer, digit, index === chosen, { left, top, right, bottom });
  });
  layer.replaceChildren(...items);
}

function makeBox(layer, digit, chosen, edges) {
  const item = document.createElement("div");
  const label = document.createElement("b");
  label.textContent = boxLabel(digit);
  item.className = "box";
  item.dataset.verdict = digit.verdict;
  item.classList.toggle("chosen", chosen);
  item.classList.toggle("under", edges.top < 32 && edges.bottom < layer.clientHeight - 32);
  item.style.left = percentOf(edges.left, layer.clientWidth);
  item.style.top = percentOf(edges.top, layer.clientHeight);
  item.style.width = percentOf(edges.right - edges.left, layer.clientWidth);
  item.style.height = percentOf(edges.bottom - edges.top, layer.clientHeight);
  item.append(label);
  return item;
}

function percentOf(pixels, whole) {
  return `${(100 * pixels) / whole}%`;
}
