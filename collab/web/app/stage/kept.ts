/** Where one is on stage. It outlives a reload and a restart of the device, and the song being taken out. */

import type { Place } from "../neighbour";
import { keep, recall } from "../storage";

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

export function recallStage(key: string, now_ms: number): Kept {
  const kept = recall<Kept & { at_ms: number }>(key);
  return kept && now_ms - kept.at_ms < KEPT_MS ? { ...NEW, ...kept } : NEW;
}

export const keepStage = (key: string, kept: Kept, now_ms: number): void => keep(key, { ...kept, at_ms: now_ms });
