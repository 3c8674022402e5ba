/** Where one is on stage. It outlives a reload and a restart of the device, and the song being taken out. */

import type { Item } from "../../react";
import { keep, recall } from "../storage";

/** An item, and where it stood in the order when it was seen last. */
export interface Place {
  item: string;
  position: string;
}

/** What is kept on the device of one stage. */
export interface Kept {
  place: Place | null;
  /** Whether this device led. */
  isLeading: boolean;
  /** When the clock of the set was started, in ms since 1970; null while it stands. */
  started_ms: number | null;
}

const NEW: Kept = { place: null, isLeading: false, started_ms: null };

/** A night: whoever opens the setlist a day later begins it anew. */
const KEPT_MS = 12 * 3_600_000;

export const placeOf = ({ id, position }: Item): Place => ({ item: id, position });

/** The index of the item there; where it is gone that of its neighbour: the next one behind, else the last. */
export function indexAt(items: readonly Item[], place: Place | null): number {
  if (place === null) return 0;
  const at = items.findIndex(({ id }) => id === place.item);
  if (at >= 0) return at;
  const behind = items.findIndex(({ position }) => position > place.position);
  return behind >= 0 ? behind : Math.max(0, items.length - 1);
}

export function recallStage(key: string, now_ms: number): Kept {
  const kept = recall<Kept & { at_ms: number }>(key);
  return kept && now_ms - kept.at_ms < KEPT_MS ? { ...NEW, ...kept } : NEW;
}

export const keepStage = (key: string, kept: Kept, now_ms: number): void => keep(key, { ...kept, at_ms: now_ms });
