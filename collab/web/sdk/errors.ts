/** What a call on the connection fails with. */

import type { Problem } from "./types";

/** An event was refused; `code` is one of the protocol's. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }

  get code(): string {
    return this.problem.code;
  }

  /** Whether the server could not do it now, and the same may be sent again. */
  get isPassing(): boolean {
    return this.code === "rate_limited" || this.code === "unavailable";
  }
}

/** No answer: the connection broke, or the server took too long. Whether it did the work is unknown. */
export class Unanswered extends Error {}
