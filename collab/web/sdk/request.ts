/**
 * Requests: pending edits as they are sent, and those that can't be (PROTOCOL.md, An edit that is too large).
 *
 * What is larger than a message may be would end the connection, and on the next one again, and all that waits behind
 * it would wait for ever: it is cut where that keeps its meaning, and else refused here.
 */

import type { Document } from "./document";
import { isAsExpected, type Pending } from "./pending";
import type { Op, Problem } from "./types";

/** Ops in one edit. */
const MAX_OPS = 1_000;
/** What stands around an event's JSON: the types of the packets, and the number by which it is answered. */
const ENVELOPE_BYTES = 32;

interface EditPayload {
  room_id: string;
  edit_id: string;
  base_version: number;
  rebased_to?: number;
  expect?: "unchanged";
  ops: Op[];
}

/** An event to send; with a `refusal` it is refused here, and not sent. */
export type Request = { refusal?: Problem } & (
  | { event: "edit_content"; payload: EditPayload }
  | { event: "undo_edit"; payload: { room_id: string; edit_id: string; target: string } }
);

/** What to send for an edit, now and whenever it is sent again. */
export function requestOf(entry: Pending, room_id: string, confirmed: Document, maxBytes = Infinity): Request {
  const edit_id = entry.editId;
  const { version } = confirmed;
  entry.sent ??= { baseVersion: entry.madeOn ?? version, rebasedTo: version, ops: entry.ops };
  if (entry.target !== null) return { event: "undo_edit", payload: { room_id, edit_id, target: entry.target } };
  const payload = payloadOf(entry, room_id, entry.sent);
  const refusal = conflictOf(entry, confirmed) ?? excessOf(payload, maxBytes);
  return { event: "edit_content", payload, ...(refusal ? { refusal } : {}) };
}

/**
 * The ops of an edit, in as many edits as it takes for each to fit into a message: one where it does already, or must
 * not be cut.
 *
 * An item stands for itself, so that one may come after another. All else that somebody does in one edit is meant to
 * be there together or not at all.
 */
export function cut(entry: Pending, room_id: string, { version }: Document, maxBytes: number): Op[][] {
  const { ops, target, expected } = entry;
  const sent = { baseVersion: entry.madeOn ?? version, rebasedTo: version, ops };
  const isFitting = ops.length <= MAX_OPS && sizeOf(payloadOf(entry, room_id, sent)) <= maxBytes;
  if (isFitting || target !== null || expected !== null || ops.some(({ op }) => op !== "insert")) return [ops];
  return packed(ops, maxBytes - sizeOf(payloadOf(entry, room_id, { ...sent, ops: [] })));
}

function packed(ops: readonly Op[], freeBytes: number): Op[][] {
  const pieces: Op[][] = [];
  let filled = Infinity;
  for (const op of ops) {
    const size = jsonBytes(op) + ",".length;
    if (filled + size > freeBytes || pieces.at(-1)?.length === MAX_OPS) {
      pieces.push([]);
      filled = 0;
    }
    pieces.at(-1)!.push(op);
    filled += size;
  }
  return pieces;
}

function payloadOf(entry: Pending, room_id: string, sent: NonNullable<Pending["sent"]>): EditPayload {
  const { baseVersion: base_version, rebasedTo: rebased_to, ops } = sent;
  const payload: EditPayload = { room_id, edit_id: entry.editId, base_version, ops };
  if (rebased_to !== base_version) payload.rebased_to = rebased_to;
  if (entry.expected !== null) payload.expect = "unchanged";
  return payload;
}

/** The conflict of an edit made anew: what its author saw is no version of the server's, which could find it. */
function conflictOf(entry: Pending, confirmed: Document): Problem | null {
  if (entry.madeOn !== null || isAsExpected(entry, confirmed)) return null;
  const message = "expected fields that nobody changed since the edit was made; look at what is there now";
  return { code: "conflict", message };
}

function excessOf(payload: EditPayload, maxBytes: number): Problem | null {
  const size = sizeOf(payload);
  if (size <= maxBytes) return null;
  const message = `expected an edit of at most ${maxBytes} bytes as JSON, got one of ${size}: make it smaller, or several of it`;
  return { code: "too_large", message };
}

const sizeOf = (payload: EditPayload): number => jsonBytes(["edit_content", payload]) + ENVELOPE_BYTES;

const jsonBytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
