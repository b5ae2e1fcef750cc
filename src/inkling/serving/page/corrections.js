// "This is a 7": sends the crop of the chosen box and its label to a server that stores them.

const TIMEOUT = 15_000; // ms
const ON = "Corrections are on: this server keeps the crop and your label.";
const NOT_A_DIGIT = "not-a-digit"; // the label of shapes that belong to no class

export class Corrections {
  #parts;
  #panel;
  #labels = [];
  #enabled = false;

  /** `parts` are the elements: frame, label, send, state. */
  constructor(parts, panel) {
    this.#parts = parts;
    this.#panel = panel;
    parts.send.addEventListener("click", () => this.#send());
  }

  /** Asks the server for its labels, and whether it stores corrections. */
  async ask() {
    const [model, state] = await Promise.all([fetchJson("/v1/model"), fetchJson("/v1/corrections")]);
    if (model && String(model.labels) !== String(this.#labels)) {
      this.#labels = model.labels;
      this.#panel.setLabels(model.labels);
      this.#parts.label.replaceChildren(...this.#options());
    }
    this.#enabled = Boolean(state?.enabled);
    this.#parts.frame.hidden = !this.#enabled;
    this.show();
  }

  /** Takes up the box that is chosen now. */
  show() {
    const box = this.#panel.box;
    const { label, send, state } = this.#parts;
    label.disabled = send.disabled = !box;
    if (box) label.value = labelOf(box);
    say(state, ON);
  }

  #options() {
    return [...this.#labels, NOT_A_DIGIT].map((name) => {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = name === NOT_A_DIGIT ? "none of them" : name; // text: a name is no HTML
      return option;
    });
  }

  async #send() {
    const { label, send, state } = this.#parts;
    const box = this.#panel.box;
    if (!box) return;
    const body = { image: this.#panel.crop, predicted: labelOf(box), correct: label.value };
    const words = label.selectedOptions[0].textContent;
    send.disabled = true;
    try {
      const response = await fetch("/v1/corrections", {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const said = await response.json().catch(() => null);
      if (response.ok) say(state, `Saved as ${words}.`);
      else say(state, said?.detail ?? `The server answered with status ${response.status}.`);
    } catch {
      say(state, "The server is unavailable. The correction was not saved.");
    }
    send.disabled = !this.#panel.box;
  }
}

function labelOf(box) {
  return box.verdict === NOT_A_DIGIT ? NOT_A_DIGIT : box.label;
}

// Screen readers announce changes; writing the same text again would repeat it.
function say(line, words) {
  if (line.textContent !== words) line.textContent = words;
}

async function fetchJson(path) {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
