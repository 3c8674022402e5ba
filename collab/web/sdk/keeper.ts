/** Keeps a content on the device: it is written whenever it changes, and what changes meanwhile is written next. */

export class Keeper {
  /** Whether the last write failed: what was edited is in this tab only. */
  isUnsafe = false;
  #isDirty = false;
  #writing: Promise<void> | null = null;

  /** `write` writes what is true then; `onWritten` is called when that is over. */
  constructor(
    readonly write: () => Promise<void>,
    readonly onWritten: () => void,
  ) {}

  keep(): void {
    this.#isDirty = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      this.onWritten();
    });
  }

  /** Resolves once all that was kept is written. */
  async kept(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false;
      try {
        await this.write();
        this.isUnsafe = false;
      } catch {
        // Private windows and full disks: the edits still go to the server.
        this.isUnsafe = true;
      }
    }
  }
}
