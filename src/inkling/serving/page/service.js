// Talking with the server: the newest picture wins, and one that got lost is sent again.

const PATIENCE = 15_000; // ms for one answer
const PAUSES = [400, 800, 1500, 3000]; // ms between looks for a server that is away
const REST = 10_000; // ms between looks while all is well
const AWAY = new Set([429, 502, 503, 504]); // busy, or behind a proxy that cannot reach it

export class Refused extends Error {}

export class Service extends EventTarget {
  #newest = 0;
  #state = "starting";
  #failures = 0; // looks in a row that found no server
  #resends = 0; // of the picture under way
  #timer = 0;
  #wanted = null;
  #running = null;

  /** Events: `state` as the server comes and goes; read `state` for "ready" or "away". */
  constructor() {
    super();
    this.#look();
    addEventListener("online", () => this.#look());
    document.addEventListener("visibilitychange", () => document.hidden || this.#look());
  }

  get state() {
    return this.#state;
  }

  /** Whether a picture waits for the server to come back. */
  get waiting() {
    return this.#wanted !== null;
  }

  /** Forgets the picture that is on its way or waits. */
  cancel() {
    this.#newest += 1;
    this.#resends = 0;
    this.#wanted = null;
    this.#running?.abort();
  }

  /**
   * The reading of a picture, however long the server is away; null where a newer picture, or
   * `cancel`, came in between. Throws `Refused` with a plain sentence where it cannot be read.
   */
  async read(blob, detail) {
    this.cancel();
    const mine = this.#newest;
    for (;;) {
      const answer = await this.#try(blob, detail);
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

  /** The pictures of the road to an answer; null where the server is away. */
  async explain(blob) {
    return this.#try(blob, "explain");
  }

  async #try(blob, detail) {
    const running = new AbortController();
    if (detail === "seen") this.#running = running;
    const started = performance.now();
    try {
      const signal = AbortSignal.any([running.signal, AbortSignal.timeout(PATIENCE)]);
      const response = await fetch(`/v1/read?${detail}=true`, {
        method: "POST",
        body: blob,
        headers: { "Content-Type": blob.type || "application/octet-stream" },
        signal,
      });
      const body = parsed(await response.text());
      if (AWAY.has(response.status)) throw new Error("away");
      this.#become("ready");
      if (response.ok && body) return { ...body, milliseconds: performance.now() - started };
      throw new Refused(body?.detail ?? `The server answered ${response.status}, not with a reading.`);
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

  // A server that says it is ready and yet takes no picture is asked less and less often too.
  #plan() {
    clearTimeout(this.#timer);
    const tries = Math.max(this.#failures, this.#resends - 1);
    const pause = this.#state === "ready" ? REST : PAUSES[Math.min(tries, PAUSES.length - 1)];
    this.#timer = setTimeout(() => this.#look(), pause);
  }

  async #look() {
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

// What is no JSON comes from a proxy, and has nothing to say to the user.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
