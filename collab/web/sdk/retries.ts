/** What did not work is done again: each time after a while that grows as long as it does not work. */

import { Backoff } from "./backoff";
import { Refused } from "./errors";

const RETRY_MS = { first: 500, most: 15_000 };

export class Retries {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #backoffs = new Map<string, Backoff>();
  #isOver = false;

  /** Does it again later, and no earlier than the server asked for. */
  later(name: string, work: () => void, error?: unknown): void {
    clearTimeout(this.#timers.get(name));
    if (this.#isOver) return;
    const backoff = this.#backoffs.get(name) ?? new Backoff(RETRY_MS.first, RETRY_MS.most);
    this.#backoffs.set(name, backoff);
    const after_ms = backoff.delay_ms(error instanceof Refused ? error.problem : undefined);
    this.#timers.set(name, setTimeout(work, after_ms));
  }

  /** Does it again where the server had only had enough for now. */
  laterIfBusy(name: string, work: () => void, error: unknown): void {
    if (error instanceof Refused && error.isPassing) this.later(name, work, error);
  }

  /** It has worked: its next trouble begins anew. */
  worked(name: string): void {
    this.#backoffs.delete(name);
  }

  /** Nothing that waits now is done: there is no connection to do it on. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Nothing is done again any more. */
  end(): void {
    this.#isOver = true;
    this.stop();
  }
}
