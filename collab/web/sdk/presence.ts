/** What the others in a room see of this session: whether its user is at work, and where (its focus). */

import type { Connection } from "./connection";
import type { Retries } from "./retries";
import type { Focus, Presence } from "./types";

/** A cursor moves with every letter: the others see it at once, and then this often. */
const TOLD_EVERY_MS = 60;

export class OwnPresence {
  #status: Presence["status"] = "active";
  #focus: Focus | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told_ms = -TOLD_EVERY_MS;

  constructor(
    readonly room: string,
    readonly connection: Connection,
    readonly retries: Retries,
    readonly isJoined: () => boolean,
  ) {}

  setFocus(focus: Focus | null): void {
    if (JSON.stringify(focus) === JSON.stringify(this.#focus)) return;
    this.#focus = focus;
    this.#tellSoon();
  }

  setStatus(status: Presence["status"]): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#tellSoon();
  }

  /** The room was entered: whoever enters is taken to be active, and nowhere in particular. */
  joined(): void {
    if (this.#focus !== null || this.#status !== "active") this.#tell();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tellSoon(): void {
    // Not before what is done now is done: a field is left and the next one entered in one go.
    const wait_ms = Math.max(0, this.#told_ms + TOLD_EVERY_MS - performance.now());
    this.#timer ??= setTimeout(() => this.#tell(), wait_ms);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#told_ms = performance.now();
    // It is told when the room is entered again.
    if (!this.isJoined()) return;
    const focus = this.#focus;
    this.connection.request("update_presence", { room: this.room, status: this.#status, focus }).then(
      (answer) => {
        this.retries.worked("presence");
        // Its item is gone: should it come back, one says anew that one is there.
        if ("focus" in answer && this.#focus === focus) this.#focus = null;
      },
      // What is told then is what is true by then.
      (error) => this.retries.laterIfBusy("presence", () => this.#tell(), error),
    );
  }
}
