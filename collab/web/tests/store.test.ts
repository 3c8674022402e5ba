/** What survives a closed tab, with tabs that live, close and are copied. */

import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { BrowserStore } from "../sdk";
import type { Stored } from "../sdk/store";

/** Web Locks of one browser: a tab that closes lets its locks go. */
class Locks {
  readonly held = new Map<string, string>();

  of(tab: string): LockManager {
    const request = (name: string, options: { signal: AbortSignal }, hold: () => Promise<never>): Promise<unknown> => {
      if (!this.held.has(name)) {
        this.held.set(name, tab);
        return hold();
      }
      return new Promise((_, reject) => options.signal.addEventListener("abort", () => reject(new Error("aborted"))));
    };
    const query = async (): Promise<object> => ({ held: [...this.held.keys()].map((name) => ({ name })) });
    return { request, query } as unknown as LockManager;
  }

  close(tab: string): void {
    for (const [name, owner] of this.held) if (owner === tab) this.held.delete(name);
  }
}

const stored = (version: number, ...edits: string[]): Stored => ({
  confirmed: { id: "c", kind: "setlist", band_id: "b", version, fields: {}, items: [] },
  pending: edits.map((editId) => ({
    editId,
    target: null,
    undoes: null,
    ops: [],
    madeOn: version,
    expected: null,
    sent: null,
    isInPlace: false,
  })),
  role: "editor",
});

let locks: Locks;
let database: string;
let count = 0;

beforeEach(() => {
  locks = new Locks();
  count += 1;
  database = `collab-${count}`;
});

const open = (tab: string, id = tab, user = "ada"): BrowserStore => new BrowserStore(user, id, locks.of(tab), database);
const edits = (found: Stored | null): string[] | undefined => found?.pending.map(({ editId }) => editId);

describe("a store of a browser", () => {
  test("gives back what the same tab kept", async () => {
    await open("one").keep("c", stored(3, "a"));
    expect(edits(await open("one").adopt("c"))).toEqual(["a"]);
    expect(await open("one").adopt("other")).toBeNull();
  });

  test("gives nobody what another user kept", async () => {
    await open("one").keep("c", stored(3, "a"));
    expect(await open("two", "two", "ben").adopt("c")).toBeNull();
  });

  test("adopts what a closed tab left, once", async () => {
    const one = open("one");
    await one.adopt("c");
    await one.keep("c", stored(3, "a", "b"));
    locks.close("one");
    expect(edits(await open("two").adopt("c"))).toEqual(["a", "b"]);
    expect(await open("three").adopt("c")).toBeNull();
  });

  test("leaves alone what a living tab holds", async () => {
    const one = open("one");
    await one.adopt("c");
    await one.keep("c", stored(3, "a"));
    const two = open("two");
    expect(await two.adopt("c")).toBeNull();
    expect(await two.orphans("c")).toEqual([]);
  });

  test("keeps its own edits, and hands out those of every closed tab beside", async () => {
    await open("one").keep("c", stored(3, "a", "b"));
    await open("two").keep("c", stored(3, "c", "d", "e"));
    const mine = open("mine");
    await mine.keep("c", stored(4, "f"));
    expect(edits(await mine.adopt("c"))).toEqual(["f"]);
    const orphans = await mine.orphans("c");
    const left = await Promise.all(orphans.map((orphan) => orphan.adopt("c")));
    expect(left.map(edits)).toEqual([["a", "b"], ["c", "d", "e"]]);
    await orphans[0]!.keep("c", stored(5));
    expect(await mine.orphans("c")).toHaveLength(1);
    expect(edits(await mine.adopt("c"))).toEqual(["f"]);
  });

  test("gives a copied tab a name of its own", async () => {
    const one = open("one");
    await one.adopt("c");
    await one.keep("c", stored(3, "a"));
    const copy = open("copy", "one");
    expect(await copy.adopt("c")).toBeNull();
    await copy.keep("c", stored(3, "b"));
    locks.close("one");
    locks.close("copy");
    const orphans = await open("three").orphans("c");
    expect(orphans).toHaveLength(2);
  });

  test("lets no edit grow where it can't know which tabs live", () => {
    expect(new BrowserStore("ada", "one", null, database).mayGrow).toBe(false);
    expect(open("one").mayGrow).toBe(true);
  });

  test("forgets what is not to stay, of its own user alone, and tells what was not sent", async () => {
    const [ada, ben] = [open("one", "one", "ada"), open("two", "two", "ada lovelace")];
    await ada.keep("c", stored(3, "a", "b"));
    await ada.keep("d", stored(4));
    await ben.keep("c", stored(3, "c"));
    expect(await ada.unsent()).toBe(2);
    const gone = await ada.forget(({ confirmed }) => confirmed.version === 4);
    expect(gone.map(edits)).toEqual([["a", "b"]]);
    await ada.end();
    await ada.keep("c", stored(5, "late"));
    expect([await ada.unsent(), await ben.unsent()]).toEqual([0, 1]);
    locks.close("one");
    expect(await open("three", "three", "ada").adopt("d")).toBeNull();
  });

  test("opens nothing before it may", async () => {
    await open("one").keep("c", stored(3, "a"));
    locks.close("one");
    let mayOpen = (): void => {};
    const opened = new Promise<void>((resolve) => (mayOpen = resolve));
    const two = new BrowserStore("ada", "two", locks.of("two"), database, () => opened);
    let adopted: Stored | null = null;
    const adopting = two.adopt("c").then((found) => (adopted = found));
    await open("three").unsent();
    expect(adopted).toBeNull();
    mayOpen();
    await adopting;
    expect(edits(adopted)).toEqual(["a"]);
  });
});
