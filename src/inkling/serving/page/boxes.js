// The boxes over the drawing or photo, placed in shares of the stage so that they scale with it.

import { boxLabel } from "./words.js";

const AIR = 10; // pixels between ink and frame on the stage

/** `place` says where the picture lies on the stage: x, y, width, height in pixels. */
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
  item.style.left = share(edges.left, layer.clientWidth);
  item.style.top = share(edges.top, layer.clientHeight);
  item.style.width = share(edges.right - edges.left, layer.clientWidth);
  item.style.height = share(edges.bottom - edges.top, layer.clientHeight);
  item.append(label);
  return item;
}

function share(pixels, whole) {
  return `${(100 * pixels) / whole}%`;
}
