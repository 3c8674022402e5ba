/** Shows a fresh token before the last one ends, so that a session goes on where its tokens are short. */

const BEFORE_MS = 60_000;
/** A clock that goes wrong by hours asks no more often than this. */
const LEAST_MS = 30_000;

export class Renewal {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `renew` shows a token, and returns when that one ends. Where it fails the server ends the session, and it begins anew. */
  constructor(readonly renew: () => Promise<string>) {}

  /** The token that was shown is good until then. */
  begin(expiresAt: string): void {
    this.stop();
    const left = Date.parse(expiresAt) - Date.now() - BEFORE_MS;
    // A longer time than a timer takes would be none.
    const wait = Math.min(Math.max(left, LEAST_MS), 2 ** 31 - 1);
    this.#timer = setTimeout(() => void this.renew().then((next) => this.begin(next), () => undefined), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
