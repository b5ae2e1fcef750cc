// The paper: takes strokes from mouse, finger, pen and keyboard, shows them, undoes them.

import { PAPER, drawStrokes, pressureWidth } from "./strokes.js";

export class Paper extends EventTarget {
  #canvas;
  #context;
  #strokes = [];
  #current = null;
  #pointer = null;
  #frame = 0;
  enabled = true;
  penWidth = 16;

  /** Events: `begin` when a stroke starts, `end` when it ends, `change` after undo and clear. */
  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event));
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#show());
  }

  get strokes() {
    return this.#strokes;
  }

  get empty() {
    return this.#strokes.length === 0;
  }

  /** Whether a stroke is open. */
  get drawing() {
    return this.#current !== null;
  }

  undo() {
    if (this.empty || this.#current) return;
    this.#strokes.pop();
    this.#show();
    this.#tell("change");
  }

  clear() {
    this.#strokes = [];
    this.#current = null;
    this.#pointer = null;
    this.#show();
    this.#tell("change");
  }

  /** Starts a stroke at a point in paper units (used by the keyboard). */
  begin(point) {
    this.#current = { points: [point], width: this.penWidth };
    this.#strokes.push(this.#current);
    this.#show();
    this.#tell("begin");
  }

  extend(point) {
    this.#current?.points.push(point);
    this.#show();
  }

  finish() {
    if (!this.#current) return;
    this.#current = null;
    this.#tell("end");
  }

  // One pointer draws at a time: a palm or a second finger is ignored.
  #down(event) {
    if (!this.enabled || this.#pointer !== null || event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.finish();
    this.begin(this.#point(event));
  }

  #move(event) {
    if (event.pointerId !== this.#pointer || !this.#current) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.#current.points.push(this.#point(one));
    this.#show();
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.finish();
  }

  #point(event) {
    const frame = this.#canvas.getBoundingClientRect();
    const scale = PAPER.width / frame.width;
    return {
      x: (event.clientX - frame.left) * scale,
      y: (event.clientY - frame.top) * scale,
      pressure: pressureWidth(event),
    };
  }

  // As many pixels as the screen has, so that ink is crisp at any zoom.
  #fit() {
    const dense = window.devicePixelRatio || 1;
    const width = Math.round(this.#canvas.clientWidth * dense);
    const height = Math.round(this.#canvas.clientHeight * dense);
    if (width === this.#canvas.width && height === this.#canvas.height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#draw();
  }

  #show() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { width, height } = this.#canvas;
    const colour = getComputedStyle(this.#canvas).getPropertyValue("--ink");
    this.#context.clearRect(0, 0, width, height);
    drawStrokes(this.#context, this.#strokes, colour, width / PAPER.width);
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
