/** How long a setlist takes and when each entry begins. */

import type { Document } from "../sdk";
import { clockOf, timeAfter } from "./clock";

export interface EntryTime {
  /** The song's number in the night; null for a break. */
  number: number | null;
  /** When it begins, where the setlist says when the night does. */
  at: string | null;
  /** At a break: which set ends there and how long it was. */
  endsSet: string | null;
}

export interface Times {
  entries: ReadonlyMap<string, EntryTime>;
  sets: { songs: number; seconds: number }[];
  /** Of the whole night, breaks too. */
  total: number;
  target: number | null;
  ends: string | null;
  /** Songs without a length. */
  unknown: number;
}

const seconds = (value: unknown): number => (typeof value === "number" ? value : 0);

export function timesOf(document: Document): Times {
  const start = typeof document.fields.start_time === "string" ? document.fields.start_time : null;
  const entries = new Map<string, EntryTime>();
  const sets = [{ songs: 0, seconds: 0 }];
  let total = 0;
  let number = 0;
  let unknown = 0;
  for (const item of document.ordered) {
    const set = sets.at(-1)!;
    const at = start === null ? null : timeAfter(start, total);
    const length = seconds(item.fields.duration);
    if (item.type === "break") {
      entries.set(item.id, { number: null, at, endsSet: `Set ${sets.length} · ${clockOf(set.seconds)}` });
      sets.push({ songs: 0, seconds: 0 });
    } else {
      number += 1;
      set.songs += 1;
      set.seconds += length;
      if (length === 0) unknown += 1;
      entries.set(item.id, { number, at, endsSet: null });
    }
    total += length;
  }
  const target = seconds(document.fields.target_duration) || null;
  return { entries, sets, total, target, ends: start === null ? null : timeAfter(start, total), unknown };
}
