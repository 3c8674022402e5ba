/** Pending edits: made here, not yet confirmed. What they are made of, and how they are sent. */

import type { Document } from "./document";
import * as text from "./text";
import { target as targetOf } from "./transform";
import type { Op } from "./types";

/** An edit of ours that the server has not confirmed yet. */
export interface Pending {
  editId: string;
  /** For an undo: the edit to undo. Its `ops` are what it is expected to do. */
  undoes: string | null;
  /** As they follow what is confirmed and the edits that wait before this one. */
  ops: Op[];
  /** The version that its author saw. */
  madeOn: number;
  /** As first sent, and never again otherwise; null while it has not been sent. */
  sent: { baseVersion: number; ops: Op[] } | null;
}

export type Request =
  | { event: "edit_content"; payload: { room_id: string; edit_id: string; base_version: number; ops: Op[] } }
  | { event: "undo_edit"; payload: { room_id: string; edit_id: string; target: string } };

/** What to send for an edit that has its `sent`. */
export function requestOf(entry: Pending, room_id: string): Request {
  const edit_id = entry.editId;
  if (entry.undoes !== null) return { event: "undo_edit", payload: { room_id, edit_id, target: entry.undoes } };
  const { baseVersion: base_version, ops } = entry.sent!;
  return { event: "edit_content", payload: { room_id, edit_id, base_version, ops } };
}

/** Two edits of one text field as one; null where they are anything else. */
export function joined(first: readonly Op[], second: readonly Op[]): Op[] | null {
  const [a] = first;
  const [b] = second;
  if (first.length !== 1 || second.length !== 1 || a?.op !== "text" || b?.op !== "text") return null;
  if (a.item !== b.item || a.field !== b.field) return null;
  return [{ ...a, delta: text.compose(a.delta, b.delta) }];
}

/** What leads from the one document to the other, in the texts that these edits write in; mostly nothing. */
export function correction(before: Document, after: Document, waiting: readonly Pending[]): Op[] {
  const corrections = new Map<string, Op>();
  for (const op of waiting.flatMap(({ ops }) => ops)) {
    if (op.op !== "text") continue;
    const { item, field } = op;
    const [old, now] = [before.text(item, field), after.text(item, field)];
    if (old !== now) corrections.set(JSON.stringify([item, field]), { ...op, delta: text.replace(old, now) });
  }
  return [...corrections.values()];
}

/** Whether two ops do the same kind of thing in the same place. */
export function isAlike(a: Op, b: Op): boolean {
  if (a.op !== b.op || targetOf(a) !== targetOf(b)) return false;
  return !("field" in a) || !("field" in b) || a.field === b.field;
}
