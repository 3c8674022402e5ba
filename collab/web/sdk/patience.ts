/**
 * How long an answer is waited for. A connection is given up for silence, not for slowness: as long as messages come,
 * the answer may be behind them, and what goes out takes its time.
 */

const SILENCE_MS = 10_000;
/** The slowest line that is waited for. */
const BYTES_PER_MS = 4;

export class Patience {
  #movedAt = 0;
  #inFlight = 0;

  /** Something has come. */
  moved(): void {
    this.#movedAt = Date.now();
  }

  /** Calls `giveUp` once a request of that size must have arrived, and nothing comes. Returns how to stop waiting. */
  wait(bytes: number, giveUp: () => void): () => void {
    this.#inFlight += bytes;
    const dueAt = Date.now() + Math.max(SILENCE_MS, this.#inFlight / BYTES_PER_MS);
    const left = (): number => Math.max(dueAt, this.#movedAt + SILENCE_MS) - Date.now();
    const look = (): void => {
      if (left() > 0) timer = setTimeout(look, left());
      else giveUp();
    };
    let timer = setTimeout(look, left());
    return () => {
      clearTimeout(timer);
      this.#inFlight -= bytes;
    };
  }
}
