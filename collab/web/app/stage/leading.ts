/**
 * Who goes along with whom on stage (PROTOCOL.md, `focus.lead`). One is in one of four modes:
 *
 *     follows  goes where whoever leads is
 *     apart    has turned a page alone, and comes back by a tap
 *     leads    the others are asked to follow
 *     asks     as `follows`, and would like to lead (`lead: false`): of a viewer, while somebody leads
 *
 * Whoever claims the lead takes it; whoever led before sees that claim and follows. Three races: a claim is made while
 * the earlier leader's own still stands, so that one is remembered and passed over until it is gone; whoever comes back
 * from a lost line, or a reload, claims nothing anew before they have heard who leads now; and a lead counts as given to
 * a viewer only where the session they asked is still there without it, not where it is gone with its line.
 */

import type { Presence } from "../../react";

export type Mode = "follows" | "apart" | "leads" | "asks";

export interface Leading {
  mode: Mode;
  /** The session that led when the lead was claimed here, or that was asked for it; null where there is none. */
  other: string | null;
}

export const FOLLOWS: Leading = { mode: "follows", other: null };

export const leaderOf = (sessions: readonly Presence[]): Presence | null => sessions.find(({ focus }) => focus?.lead === true) ?? null;

/** Those who ask to lead. */
export const askersOf = (sessions: readonly Presence[]): Presence[] => sessions.filter(({ focus }) => focus?.lead === false);

/** What a tap on Lead comes to. */
export function tapped({ mode }: Leading, leader: Presence | null, mayTake: boolean): Leading {
  if (mode === "leads" || mode === "asks") return FOLLOWS;
  const other = leader?.session_id ?? null;
  return { mode: leader && !mayTake ? "asks" : "leads", other };
}

/** What becomes of it with what is heard of the others. The same object where nothing does. */
export function heard(now: Leading, sessions: readonly Presence[]): Leading {
  const leader = leaderOf(sessions)?.session_id ?? null;
  const other = sessions.find(({ session_id }) => session_id === now.other);
  if (now.mode === "leads") {
    if (leader !== null && leader !== now.other) return FOLLOWS;
    return leader === null && now.other !== null ? { ...now, other: null } : now;
  }
  if (now.mode !== "asks") return now;
  if (leader !== null) return leader === now.other ? now : { ...now, other: leader };
  const isLet = other?.focus != null;
  return isLet ? { mode: "leads", other: null } : other ? now : FOLLOWS;
}

/** What of it the others are told, beside the place: a leader without a line says nothing until it is heard who leads. */
export function told({ mode }: Leading, isOnline: boolean): { lead?: boolean } {
  if (!isOnline) return {};
  return mode === "leads" ? { lead: true } : mode === "asks" ? { lead: false } : {};
}
