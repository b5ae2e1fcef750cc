// Drawing without a pointer: arrow keys move the pen, space lowers and lifts it.

import { PAPER } from "./strokes.js";

const STEP = 16; // paper units; with shift a quarter
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function drawByKeyboard(canvas, nib, paper) {
  const at = { x: PAPER.width / 2, y: PAPER.height / 2, pressure: 1 };
  let begun = false; // whether the keyboard started the open stroke
  const isDown = () => begun && paper.drawing; // the paper may have been cleared since

  function show() {
    nib.hidden = false;
    nib.style.left = `${(100 * at.x) / PAPER.width}%`;
    nib.style.top = `${(100 * at.y) / PAPER.height}%`;
    mark();
  }

  function mark() {
    nib.classList.toggle("down", isDown());
  }

  function lift() {
    if (isDown()) paper.finish();
    begun = false;
  }

  canvas.addEventListener("keydown", (event) => {
    if (!paper.enabled || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    if (move) {
      const step = event.shiftKey ? STEP / 4 : STEP;
      at.x = Math.min(PAPER.width, Math.max(0, at.x + move[0] * step));
      at.y = Math.min(PAPER.height, Math.max(0, at.y + move[1] * step));
      if (isDown()) paper.extend({ ...at });
    } else if (!event.repeat) {
      if (isDown()) lift();
      else if (!paper.drawing) {
        begun = true;
        paper.begin({ ...at });
      }
    }
    show();
  });
  canvas.addEventListener("blur", () => {
    lift();
    nib.hidden = true;
  });
  canvas.addEventListener("pointerdown", () => {
    begun = false;
    nib.hidden = true;
  });
  paper.addEventListener("change", mark);
}
