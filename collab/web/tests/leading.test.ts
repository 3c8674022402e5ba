/** Who leads on stage, and where one is: what becomes of both with what is heard. */

import { expect, test } from "vitest";
import { FOLLOWS, heard, type Leading, tapped, told } from "../app/stage/leading";
import { indexAt } from "../app/stage/place";
import type { Focus, Presence } from "../sdk";

const session = (id: string, focus: Focus | null): Presence => ({
  session_id: id,
  user: { id, name: id, color: "#000000" },
  status: "active",
  focus,
  joined_at: "",
  last_seen: "",
});
const leads = session("ada", { item: "one", lead: true });
const claimed: Leading = { mode: "leads", other: "ada" };
const asked: Leading = { mode: "asks", other: "ada" };

test("whoever claims the lead keeps it over the claim that stood, and yields to one that comes later", () => {
  const claim = tapped(FOLLOWS, leads, true);
  expect(claim).toEqual(claimed);
  expect(heard(claim, [leads])).toBe(claim);
  const alone = heard(claim, [session("ada", { item: "one" })]);
  expect(alone).toEqual({ mode: "leads", other: null });
  expect(heard(alone, [leads])).toEqual(FOLLOWS);
});

test("a viewer asks whoever leads, and leads once they let them, not once they are gone", () => {
  expect(tapped(FOLLOWS, leads, false)).toEqual(asked);
  expect(tapped(FOLLOWS, null, false)).toEqual({ mode: "leads", other: null });
  expect(heard(asked, [leads])).toBe(asked);
  // Their song was taken out: they lead on as soon as they have told where they are now.
  expect(heard(asked, [session("ada", null)])).toBe(asked);
  expect(heard(asked, [session("ada", { item: "one" })])).toEqual({ mode: "leads", other: null });
  expect(heard(asked, [])).toEqual(FOLLOWS);
  expect(heard(asked, [session("ben", { item: "one", lead: true })])).toEqual({ mode: "asks", other: "ben" });
});

test("a leader without a line tells of no lead", () => {
  expect(told(claimed, true)).toEqual({ lead: true });
  expect(told(asked, true)).toEqual({ lead: false });
  expect(told(claimed, false)).toEqual({});
});

test("where the item of a place is gone its neighbour is there", () => {
  const items = ["b", "d", "f"].map((position) => ({ id: position, type: "song", position, fields: {} }));
  const at = (position: string): number => indexAt(items, { item: `was ${position}`, position });
  expect(["a", "c", "e", "g"].map(at)).toEqual([0, 1, 2, 2]);
  expect(indexAt(items, { item: "d", position: "z" })).toBe(1);
  expect([indexAt(items, null), indexAt([], { item: "d", position: "d" })]).toEqual([0, 0]);
});
