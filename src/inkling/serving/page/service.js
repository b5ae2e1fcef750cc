// Requests to the server: only the newest image counts, and a failed request is sent again.

const TIMEOUT = 15_000; // ms for one answer
const RETRY_MS = [400, 800, 1500, 3000]; // ms between checks of an unavailable server
const POLL_MS = 10_000; // ms between checks of an available server
const RETRIED = new Set([429, 502, 503, 504]); // busy, or behind a proxy that cannot reach it

export class Refused extends Error {}

export class Service extends EventTarget {
  #newest = 0;
  #state = "starting";
  #failures = 0; // failed checks in a row
  #resends = 0; // of the current image
  #timer = 0;
  #wanted = null;
  #running = null;

  /** Event: `state` when the server becomes "ready" or "away". */
  constructor() {
    super();
    this.#check();
    addEventListener("online", () => this.#check());
    document.addEventListener("visibilitychange", () => document.hidden || this.#check());
  }

  get state() {
    return this.#state;
  }

  /** Whether an image waits for the server. */
  get waiting() {
    return this.#wanted !== null;
  }

  /** Drops the image that is being sent or waits. */
  cancel() {
    this.#newest += 1;
    this.#resends = 0;
    this.#wanted = null;
    this.#running?.abort();
  }

  /**
   * The reading of an image, with its tables if `table`; waits while the server is unavailable. Returns null after `cancel`
   * or a newer image. Throws `Refused` with a sentence if the image cannot be read.
   */
  async read(blob, detail, table = false) {
    this.cancel();
    const mine = this.#newest;
    for (;;) {
      const answer = await this.#try(blob, detail, table);
      if (mine !== this.#newest) return null;
      if (answer) {
        this.#resends = 0;
        return answer;
      }
      await new Promise((resolve) => {
        this.#wanted = resolve;
        this.dispatchEvent(new Event("state"));
      });
      if (mine !== this.#newest) return null;
    }
  }

  /** The processing steps; null if the server is unavailable. */
  async explain(blob) {
    return this.#try(blob, "explain");
  }

  async #try(blob, detail, table = false) {
    const running = new AbortController();
    if (detail === "seen") this.#running = running;
    const started = performance.now();
    try {
      const signal = AbortSignal.any([running.signal, AbortSignal.timeout(TIMEOUT)]);
      const response = await fetch(`/v1/read?${detail}=true${table ? "&table=true" : ""}`, {
        method: "POST",
        body: blob,
        headers: { "Content-Type": blob.type || "application/octet-stream" },
        signal,
      });
      const body = parsed(await response.text());
      if (RETRIED.has(response.status)) throw new Error("away");
      this.#become("ready");
      if (response.ok && body) return { ...body, milliseconds: performance.now() - started };
      throw new Refused(body?.detail ?? `The server answered with status ${response.status}.`);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (running.signal.aborted) return null;
      if (detail === "seen") this.#resends += 1;
      this.#become("away");
      return null;
    }
  }

  #become(state) {
    const changed = state !== this.#state;
    this.#state = state;
    if (state === "ready") this.#failures = 0;
    if (changed) this.dispatchEvent(new Event("state"));
    this.#plan();
    if (state === "ready") {
      this.#wanted?.();
      this.#wanted = null;
    }
  }

  // A server that is ready but rejects images is also asked at growing intervals.
  #plan() {
    clearTimeout(this.#timer);
    const tries = Math.max(this.#failures, this.#resends - 1);
    const pause = this.#state === "ready" ? POLL_MS : RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
    this.#timer = setTimeout(() => this.#check(), pause);
  }

  async #check() {
    clearTimeout(this.#timer);
    try {
      const response = await fetch("/readyz", { signal: AbortSignal.timeout(3000), cache: "no-store" });
      this.#failures += response.ok ? 0 : 1;
      this.#become(response.ok ? "ready" : "away");
    } catch {
      this.#failures += 1;
      this.#become("away");
    }
  }
}

// A response that is not JSON comes from a proxy and has no message for the user.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
