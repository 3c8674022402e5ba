/** Where contents and pending edits survive a closed tab. */

import { createStore, delMany, entries, set, type UseStore } from "idb-keyval";
import { newId } from "./ids";
import type { Saved } from "./replica";

/** How long the page that a reload replaces may still hold its lock. */
const CLAIM_MS = 500;

const lockName = (tab: string): string => `collab-tab ${tab}`;

export interface Stored extends Saved {
  role: string;
}

export interface Store {
  /** Whether edits may grow while they wait: only where no other tab can be sending them too. */
  readonly mayGrow: boolean;
  /** What was kept of a content by tabs that are gone. It is this tab's from now on. */
  adopt(contentId: string): Promise<Stored[]>;
  /** Keeps it; returns once it is on disk. */
  keep(contentId: string, stored: Stored): Promise<void>;
}

/** Keeps nothing: for tests, and for where there is no disk. */
export class NoStore implements Store {
  readonly mayGrow = true;
  async adopt(): Promise<Stored[]> {
    return [];
  }
  async keep(): Promise<void> {}
}

/**
 * One record for each content and tab, so that two tabs never write over each other. Each tab holds a Web Lock
 * while it lives; what tabs without their lock have left is adopted by the next one that opens the content. Where
 * there are no Web Locks (a page that is neither https nor localhost) records of live tabs may be adopted as well:
 * harmless, since an edit_id is stored once, as long as no edit grows after it was written down.
 */
export class BrowserStore implements Store {
  readonly mayGrow: boolean;
  readonly #store: UseStore;
  #tab: string;
  #isHeld: Promise<void> | undefined;

  constructor(
    readonly userId: string,
    tab: string,
    readonly locks: LockManager | undefined = globalThis.navigator?.locks,
    database = "collab",
  ) {
    this.#tab = tab;
    this.#store = createStore(database, "contents");
    this.mayGrow = locks !== undefined;
  }

  async adopt(contentId: string): Promise<Stored[]> {
    await this.#hold();
    const alive = await this.#alive();
    const prefix = `${this.userId} ${contentId} `;
    const found = (await entries<string, Stored>(this.#store)).filter(
      ([key]) => key.startsWith(prefix) && (key === prefix + this.#tab || !alive.has(key.slice(prefix.length))),
    );
    const kept = found.map(([, stored]) => stored).sort((a, b) => b.pending.length - a.pending.length);
    const others = found.map(([key]) => key).filter((key) => key !== prefix + this.#tab);
    if (kept[0]) await this.keep(contentId, kept[0]);
    // Those that hold edits stay until these are sent; a second tab's are sent the next time.
    const done = others.filter((key) => {
      const stored = found.find(([other]) => other === key)?.[1];
      return stored === kept[0] || !stored?.pending.length;
    });
    await delMany(done, this.#store);
    return kept.slice(0, 1);
  }

  async keep(contentId: string, stored: Stored): Promise<void> {
    await set(`${this.userId} ${contentId} ${this.#tab}`, stored, this.#store);
  }

  async #hold(): Promise<void> {
    const { locks } = this;
    if (!locks) return;
    this.#isHeld ??= this.#claim(locks);
    await this.#isHeld;
  }

  /** Takes the lock of this tab's name; a copied tab, whose name is in use, gets another. */
  async #claim(locks: LockManager): Promise<void> {
    const isOurs = await new Promise<boolean>((resolve) => {
      const signal = AbortSignal.timeout(CLAIM_MS);
      // Held until the tab goes: the promise inside never ends.
      const forever = (): Promise<never> => {
        resolve(true);
        return new Promise(() => undefined);
      };
      locks.request(lockName(this.#tab), { signal }, forever).catch(() => resolve(false));
    });
    if (isOurs) return;
    this.#tab = newId();
    await this.#claim(locks);
  }

  async #alive(): Promise<Set<string>> {
    const held = (await this.locks?.query())?.held ?? [];
    return new Set(held.map((lock) => (lock.name ?? "").replace(lockName(""), "")));
  }
}
