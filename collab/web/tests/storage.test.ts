/** What the page keeps on the device, and takes away. */

import { expect, test, vi } from "vitest";

test("what was taken away is not kept any more, by an answer that was on its way", async () => {
  const kept: Record<string, string> = {};
  const methods = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => void (kept[key] = value),
    removeItem: (key: string) => void delete kept[key],
  };
  vi.stubGlobal("localStorage", new Proxy(kept, { get: (_, name) => methods[name as keyof typeof methods] }));
  const { forget, keep, recall } = await import("../app/storage");
  keep("ada briefs", [1]);
  keep("ben briefs", [2]);
  forget((key) => key.startsWith("ada"));
  keep("ada briefs", [3]);
  keep("ben briefs", [4]);
  expect([recall("ada briefs"), recall("ben briefs")]).toEqual([null, [4]]);
  expect(Object.keys(kept)).toEqual(["ben briefs"]);
});
