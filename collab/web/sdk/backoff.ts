/** Back-off: how long to wait before the next try. Longer each time, and spread, so that clients don't come in step. */

import type { Problem } from "./types";

export class Backoff {
  #tries = 0;

  constructor(
    readonly first_ms: number,
    readonly most_ms: number,
  ) {}

  /** The milliseconds until the next try, and never less than the server asked for with `rate_limited`. */
  delay_ms(problem?: Problem): number {
    const steady_ms = Math.min(this.first_ms * 2 ** this.#tries, this.most_ms);
    this.#tries += 1;
    const details = problem?.details as { retry_after?: number } | undefined;
    const asked_ms = (details?.retry_after ?? 0) * 1_000;
    const spread = Math.random();
    return Math.max(asked_ms * (1 + spread / 4), steady_ms * (0.5 + spread));
  }

  /** It has worked: the next trouble begins anew. */
  reset(): void {
    this.#tries = 0;
  }
}
