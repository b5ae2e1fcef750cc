// The answer panel: verdict, a chip for each box, the network input and a bar for each class.

import { boxLabel, headline, percent, sentence } from "./words.js";

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MOST_BARS = 10; // of a model with more labels, the likeliest are shown

export class Panel extends EventTarget {
  #parts;
  #bars = [];
  #labels = DIGITS;
  #reading = null;
  chosen = 0;

  /** `parts` are the elements by name. Event: `choose` when another box is chosen. */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.setLabels(DIGITS);
    parts.chips.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** The names of the model's classes, in the order of the probabilities. */
  setLabels(labels) {
    this.#labels = labels;
    this.#parts.probs.replaceChildren();
    const shown = [...labels.slice(0, MOST_BARS), "none"];
    this.#bars = shown.map((name) => makeBar(this.#parts.probs, name));
    this.#showDetail();
  }

  /** Shows a reading with its `seen` data. */
  show(reading) {
    this.#reading = reading;
    this.chosen = Math.min(this.chosen, Math.max(0, reading.digits.length - 1));
    this.#say(reading.verdict, headline(reading), sentence(reading));
    this.#parts.timing.textContent = `read in ${Math.round(reading.milliseconds)} ms`;
    this.#showChips();
    this.#showDetail();
  }

  /** Empty paper, or an error message. */
  clear(words = "The answer appears when you lift the pen.", problem = false) {
    this.#reading = null;
    this.chosen = 0;
    this.#say(problem ? "problem" : "blank", problem ? "Cannot read it" : "Nothing yet", words);
    this.#parts.timing.textContent = "";
    this.#parts.chips.replaceChildren();
    this.#showDetail();
  }

  /** Marks the answer as outdated: the server is unavailable. */
  wait() {
    this.#parts.frame.classList.add("waiting");
    this.#write("The server is unavailable. Your drawing is kept and read later.");
  }

  #say(verdict, text, words) {
    const { verdict: frame, text: large } = this.#parts;
    frame.dataset.verdict = verdict;
    large.textContent = text;
    large.dataset.length = lengthOf(text);
    this.#parts.frame.classList.remove("waiting");
    this.#write(words);
  }

  // Screen readers announce changes; writing the same text again would repeat it.
  #write(words) {
    const { sentence: line } = this.#parts;
    if (line.textContent !== words) line.textContent = words;
  }

  #showChips() {
    const chips = this.#reading.digits.map((box, index) => {
      const chip = document.createElement("button");
      const name = document.createElement("b");
      const sure = document.createElement("small");
      const prob = box.verdict === "not-a-digit" ? this.#reading.seen[index]?.none ?? 0 : box.confidence;
      name.textContent = boxLabel(box);
      sure.textContent = percent(prob);
      chip.type = "button";
      chip.className = "chip";
      chip.dataset.verdict = box.verdict;
      chip.setAttribute("role", "radio");
      chip.setAttribute("aria-label", `${boxLabel(box)}, ${percent(prob)}, box ${index + 1}`);
      chip.append(name, sure);
      chip.addEventListener("click", () => this.choose(index));
      return chip;
    });
    this.#parts.chips.replaceChildren(...chips);
    this.#markChips();
  }

  /** The chosen box of the reading; null without one. */
  get box() {
    return this.#reading?.digits[this.chosen] ?? null;
  }

  /** The network input of the chosen box, as a data URL. */
  get crop() {
    return this.#reading?.seen[this.chosen]?.image ?? null;
  }

  choose(index) {
    this.chosen = index;
    this.#markChips();
    this.#showDetail();
    this.dispatchEvent(new Event("choose"));
  }

  #markChips() {
    [...this.#parts.chips.children].forEach((chip, index) => {
      chip.setAttribute("aria-checked", String(index === this.chosen));
      chip.tabIndex = index === this.chosen ? 0 : -1;
    });
  }

  // Arrow keys move between the chips, as in a group of radio buttons.
  #walk(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const count = this.#parts.chips.children.length;
    if (!step || !count) return;
    event.preventDefault();
    this.choose((this.chosen + step + count) % count);
    const chip = this.#parts.chips.children[this.chosen];
    chip.focus();
    chip.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #showDetail() {
    const seen = this.#reading?.seen[this.chosen];
    const { seen: image, seenEmpty } = this.#parts;
    image.hidden = !seen;
    seenEmpty.hidden = Boolean(seen);
    if (seen) {
      image.src = seen.image;
      image.alt = `Box ${this.chosen + 1} as 28 by 28 pixels, light on dark`;
    }
    this.#showBars(seen);
  }

  #showBars(seen) {
    const likely = this.#likeliest(seen?.probabilities);
    const probs = seen ? [...likely.map((k) => seen.probabilities[k]), seen.none] : this.#bars.map(() => 0);
    const best = seen ? probs.indexOf(Math.max(...probs)) : -1;
    this.#bars.forEach((bar, index) => {
      if (index < likely.length) bar.head.textContent = bar.head.title = this.#labels[likely[index]];
      setBar(bar, probs[index], index === best, Boolean(seen));
    });
  }

  // Indices of the labels that have a bar: all of them, or the likeliest ones first.
  #likeliest(probs) {
    const indices = this.#labels.map((_, index) => index);
    if (indices.length > MOST_BARS && probs) indices.sort((a, b) => probs[b] - probs[a]);
    return indices.slice(0, MOST_BARS);
  }
}

function makeBar(table, name) {
  const row = table.insertRow();
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  if (name === "none") {
    row.className = "none";
    head.setAttribute("aria-label", "not a digit");
  }
  row.append(head);
  const track = document.createElement("div");
  const fill = document.createElement("div");
  track.className = "track";
  fill.className = "fill";
  track.append(fill);
  row.insertCell().append(track);
  return { row, head, fill, value: row.insertCell() };
}

function setBar(bar, prob, best, known) {
  bar.fill.style.transform = `scaleX(${prob})`;
  bar.value.textContent = known ? percent(prob) : "";
  bar.row.classList.toggle("best", best);
}

function lengthOf(text) {
  if (/\s[a-z]/i.test(text)) return "words";
  if (text.length > 13) return "longest";
  return text.length > 7 ? "long" : "short";
}
