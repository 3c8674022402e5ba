/**
 * Whether somebody may see what is kept on this device.
 *
 * A token says whose it is, and only the server can tell whether that is true. So what is kept opens to a user once the
 * server has accepted a token of theirs: now, or, where there is no network, the very same token earlier on this device.
 * What is kept of a token is a digest, from which nobody makes a token.
 */

import { Watchable } from "./emitter";

/** Tokens that are remembered: one for each link that is still in use. */
const MOST = 5;

export const admissionKey = (userId: string): string => `collab-admitted ${userId}`;

/** False until it is known that this is the user. */
export class Admission extends Watchable<boolean> {
  #isOver = false;

  constructor(
    readonly userId: string,
    readonly storage: Storage | null = globalThis.localStorage ?? null,
    /** Only a page that came by https, or from this machine, can make digests: any other opens nothing by itself. */
    readonly digests: SubtleCrypto | null = globalThis.crypto?.subtle ?? null,
  ) {
    super(false);
  }

  /** Resolves once this is known to be the user. */
  admitted(): Promise<void> {
    if (this.getState()) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        stop();
        resolve();
      });
    });
  }

  /** Somebody shows a token. */
  async show(token: string): Promise<void> {
    const digest = await this.#digest(token);
    if (digest !== null && this.#known().includes(digest)) this.set(true);
  }

  /** The server, or the host's own page, has said that this is the user; a token by which it knew them is remembered. */
  async accept(token?: string): Promise<void> {
    if (!this.getState()) this.set(true);
    const digest = token === undefined ? null : await this.#digest(token);
    if (digest === null || this.#isOver) return;
    const latest = [digest, ...this.#known().filter((other) => other !== digest)].slice(0, MOST);
    try {
      this.storage?.setItem(admissionKey(this.userId), JSON.stringify(latest));
    } catch {
      // A device that keeps nothing opens nothing either.
    }
  }

  /** No token opens what is kept here any more, in this tab and in others. */
  forget(): void {
    this.#isOver = true;
    this.storage?.removeItem(admissionKey(this.userId));
  }

  #known(): string[] {
    try {
      return JSON.parse(this.storage?.getItem(admissionKey(this.userId)) ?? "[]") as string[];
    } catch {
      return [];
    }
  }

  async #digest(token: string): Promise<string | null> {
    if (!this.digests) return null;
    const bytes = await this.digests.digest("SHA-256", new TextEncoder().encode(token));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
