/** Gigs in the order in which one looks for them. */

import { expect, test } from "vitest";
import { byDate, today } from "../app/shelves";
import type { Brief, Summary } from "../sdk";

const summary = (id: string): Summary => ({
  id,
  kind: "setlist",
  title: id,
  version: 1,
  updated_at: "2026-11-20T20:00:00Z",
  updated_by: { id: "ada", name: "Ada" },
});
const gig = (id: string, date?: string): [string, Brief] => [id, { id, version: 1, fields: date ? { date } : {}, items: 0, duration: 0 }];

test("the next gig stands first, then what has no date, and what is over last", () => {
  const briefs = new Map([gig("later", "2026-12-31"), gig("over", "2026-11-01"), gig("long ago", "2025-01-01"), gig("tonight", "2026-11-29"), gig("undated")]);
  const contents = ["over", "unknown", "later", "long ago", "tonight", "undated"].map(summary);
  expect(byDate(contents, briefs, "2026-11-29").map(({ id }) => id)).toEqual(["tonight", "later", "unknown", "undated", "over", "long ago"]);
});

test("today is that of the reader's own clock", () => {
  expect(today(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
});
