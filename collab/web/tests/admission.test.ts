/** Who may see what is kept on a device: whom the server has let in on it. */

import { beforeEach, expect, test } from "vitest";
import { Admission } from "../sdk";

let disk: Map<string, string>;

const admission = (userId: string, digests: SubtleCrypto | null = crypto.subtle): Admission => {
  const storage = {
    getItem: (key: string) => disk.get(key) ?? null,
    setItem: (key: string, value: string) => void disk.set(key, value),
    removeItem: (key: string) => void disk.delete(key),
  };
  return new Admission(userId, storage as unknown as Storage, digests);
};

beforeEach(() => {
  disk = new Map();
});

test("a token that was accepted on this device lets its user in again, and no other does", async () => {
  await admission("ada").accept("a token");
  for (const [userId, token, isIn] of [["ada", "a token", true], ["ada", "another", false], ["ben", "a token", false]] as const) {
    const here = admission(userId);
    await here.show(token);
    expect(here.getState()).toBe(isIn);
  }
  expect([...disk.values()].join()).not.toContain("a token");
});

test("whoever waits to be let in is, once the server has said who it is", async () => {
  const here = admission("ada");
  let isIn = false;
  const waiting = here.admitted().then(() => (isIn = true));
  await here.show("a token");
  expect(isIn).toBe(false);
  await here.accept("a token");
  await waiting;
  expect(isIn).toBe(true);
  await here.admitted();
});

test("who has signed out is not remembered, also where an acceptance comes late", async () => {
  const here = admission("ada");
  await here.accept("a token");
  const late = here.accept("a token");
  here.forget();
  await late;
  const again = admission("ada");
  await again.show("a token");
  expect(again.getState()).toBe(false);
});

test("a page that can make no digests opens nothing before the server has spoken", async () => {
  await admission("ada", null).accept("a token");
  const here = admission("ada", null);
  await here.show("a token");
  expect([here.getState(), disk.size]).toEqual([false, 0]);
  await here.accept("a token");
  expect(here.getState()).toBe(true);
});
