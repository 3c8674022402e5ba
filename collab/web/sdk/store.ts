/** Where contents and pending edits survive a closed tab. */

import { createStore, delMany, entries, set, type UseStore } from "idb-keyval";
import { newId } from "./ids";
import type { Saved } from "./pending";

/** How long the page that a reload replaces may still hold its lock. */
const CLAIM_MS = 500;

const lockName = (tab: string): string => `collab-tab ${tab}`;

export interface Stored extends Saved {
  role: string;
}

export interface Store {
  /** Whether edits may grow while they wait: only where no other tab can be sending them too. */
  readonly mayGrow: boolean;
  /** What was kept of a content, to go on from; null where there is nothing. */
  adopt(contentId: string): Promise<Stored | null>;
  /** Keeps it; returns once it is on disk. */
  keep(contentId: string, stored: Stored): Promise<void>;
  /** The edits that other tabs, now gone, left unsent: a store for each, to be opened until they are sent. */
  orphans(contentId: string): Promise<Store[]>;
  /** How many edits wait here to be sent. */
  unsent(): Promise<number>;
  /** Forgets all, and keeps nothing from now on. */
  end(): Promise<void>;
  /** Forgets what is not to stay. Returns it where edits were in it that have not been sent. */
  forget(stays: (stored: Stored) => boolean): Promise<Stored[]>;
}

/** Keeps nothing: for tests, and for where there is no disk. */
export class NoStore implements Store {
  readonly mayGrow = true;
  async adopt(): Promise<Stored | null> {
    return null;
  }
  async keep(): Promise<void> {}
  async orphans(): Promise<Store[]> {
    return [];
  }
  async forget(): Promise<Stored[]> {
    return [];
  }
  async unsent(): Promise<number> {
    return 0;
  }
  async end(): Promise<void> {}
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
  #isOver = false;

  constructor(
    readonly userId: string,
    tab: string,
    readonly locks: LockManager | null = globalThis.navigator?.locks ?? null,
    database = "collab",
    /** Resolves once what is kept may be opened. */
    readonly mayOpen: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#tab = tab;
    this.#store = createStore(database, "contents");
    this.mayGrow = locks !== null;
  }

  async adopt(contentId: string): Promise<Stored | null> {
    const found = await this.#found(contentId);
    const own = found.get(this.#key(contentId));
    if (own?.pending.length) return own;
    const others = [...found].sort(([, a], [, b]) => b.pending.length - a.pending.length || newer(a, b));
    const [key, adopted] = others[0] ?? [];
    if (key === undefined || adopted === undefined) return null;
    await this.keep(contentId, adopted);
    // What holds no edits of its own is of no more use, now that this tab has the content.
    const used = others.filter(([other, { pending }]) => other === key || pending.length === 0).map(([other]) => other);
    await delMany(used.filter((other) => other !== this.#key(contentId)), this.#store);
    return adopted;
  }

  async orphans(contentId: string): Promise<Store[]> {
    const found = [...(await this.#found(contentId))];
    return found
      .filter(([key, { pending }]) => key !== this.#key(contentId) && pending.length > 0)
      .map(([key, stored]) => new Orphan(this.#store, key, stored));
  }

  async keep(contentId: string, stored: Stored): Promise<void> {
    if (!this.#isOver) await set(this.#key(contentId), stored, this.#store);
  }

  async unsent(): Promise<number> {
    return (await this.#own()).reduce((sum, [, { pending }]) => sum + pending.length, 0);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.forget(() => false);
  }

  async forget(stays: (stored: Stored) => boolean): Promise<Stored[]> {
    const gone = (await this.#own()).filter(([, stored]) => !stays(stored));
    await delMany(gone.map(([key]) => key), this.#store);
    return gone.map(([, stored]) => stored).filter(({ pending }) => pending.length > 0);
  }

  async #own(): Promise<[string, Stored][]> {
    return (await entries<string, Stored>(this.#store)).filter(([key]) => userOf(key) === this.userId);
  }

  #key(contentId: string): string {
    return `${this.userId} ${contentId} ${this.#tab}`;
  }

  /** The records of this tab and of those that are gone. */
  async #found(contentId: string): Promise<Map<string, Stored>> {
    await this.mayOpen();
    await this.#hold();
    const alive = await this.#alive();
    const prefix = `${this.userId} ${contentId} `;
    const kept = (await entries<string, Stored>(this.#store)).filter(
      ([key]) => key.startsWith(prefix) && (key === this.#key(contentId) || !alive.has(key.slice(prefix.length))),
    );
    return new Map(kept);
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

/** One record that its tab left with edits in it. It goes once these are sent. */
class Orphan implements Store {
  readonly mayGrow = false;

  constructor(
    readonly store: UseStore,
    readonly key: string,
    readonly stored: Stored,
  ) {}

  async adopt(): Promise<Stored> {
    return this.stored;
  }

  async keep(_contentId: string, stored: Stored): Promise<void> {
    if (stored.pending.length > 0) await set(this.key, stored, this.store);
    else await delMany([this.key], this.store);
  }

  async orphans(): Promise<Store[]> {
    return [];
  }

  async forget(): Promise<Stored[]> {
    return [];
  }

  async unsent(): Promise<number> {
    return this.stored.pending.length;
  }

  async end(): Promise<void> {}
}

/** The id of the user whose record it is. An id of the host's may have spaces in it; what follows it has none. */
const userOf = (key: string): string => key.split(" ").slice(0, -2).join(" ");

const newer = (a: Stored, b: Stored): number => b.confirmed.version - a.confirmed.version;
