/** Pending edits: made here, not yet done. What they are made of, and how they look on a document. */

import { type Document, Draft, placeOf } from "./document";
import type { Done } from "./letters";
import * as text from "./text";
import { isSame, target as targetOf } from "./transform";
import type { Op, Value } from "./types";

/** An edit of ours that the server has not both answered and put in its place among the versions. */
export interface Pending {
  editId: string;
  /** For an undo: the edit to undo. Its `ops` are as foretold. */
  target: string | null;
  /** The edit that an undo takes back: that one, or its latest redo; null where it is not foretold. */
  undoes: string | null;
  /** As they follow what is confirmed and the edits that wait before this one. */
  ops: Op[];
  /**
   * The version that its author saw; null where the server knows that no more, so that it counts as made on what is
   * confirmed when it is sent.
   */
  madeOn: number | null;
  /** What the fields that it sets held then; null where it may replace whatever they hold. */
  expected: Readonly<Record<string, Value>> | null;
  /** As first sent, and never again otherwise; null while it has not been sent. */
  sent: { baseVersion: number; rebasedTo: number; ops: Op[] } | null;
  /** Whether the server may have it. */
  wasSent?: boolean;
  /** Whether it is among the confirmed versions, and only its answer is missing. */
  isInPlace: boolean;
  /** Whether what it takes back is not stored, so that it comes to nothing. */
  isVoid?: boolean;
}

/** An edit, or with a `target` an undo, as it is made. */
export function pendingOf(editId: string, given: Partial<Pending>): Pending {
  const made = { target: null, undoes: null, ops: [], madeOn: null, expected: null, sent: null, isInPlace: false };
  return { editId, ...made, ...given };
}

/** As a device keeps it. Before there was `target`, `undoes` stood for it, and `takesBack` for `undoes`. */
export type KeptPending = Pending | (Omit<Pending, "target"> & { takesBack?: string | null });

/** A replica, to be kept. */
export interface Saved {
  confirmed: ReturnType<Document["toJson"]>;
  lastEdit?: string | null;
  pending: Pending[];
  /** The edits up to `confirmed` that it takes to tell what undos among the pending come to. */
  past?: readonly Done[];
}

/** The same as a device keeps it, which may have been written by an older version of this. */
export type Kept = Omit<Saved, "pending"> & { pending: readonly KeptPending[] };

/** The pending edit that was kept. */
export function revived(kept: KeptPending): Pending {
  if ("target" in kept) return kept;
  const { takesBack = null, ...entry } = kept;
  return { ...entry, target: kept.undoes, undoes: takesBack };
}

/**
 * Those that stand: all, but for edits that were undone before they were sent, and their undos, with nothing between
 * them but others of that kind. Together these change nothing.
 */
export function standing(pending: readonly Pending[]): readonly Pending[] {
  const found: Pending[] = [];
  for (const entry of pending) {
    const last = found.at(-1);
    if (last && !last.wasSent && entry.undoes === last.editId) found.pop();
    else found.push(entry);
  }
  return found;
}

/** Those that are to be sent: all up to the last that stands. Those after it wait for whether they are redone. */
export function awake(pending: readonly Pending[]): readonly Pending[] {
  const last = standing(pending).at(-1);
  return last ? pending.slice(0, pending.indexOf(last) + 1) : [];
}

/** Whether the fields still hold what its author expects, or what they are to be given. */
export function isAsExpected({ expected, ops }: Pending, document: Document): boolean {
  return ops.every((op) => {
    if (op.op !== "set" || expected === null) return true;
    const now = document.value(op.item, op.field);
    return isSame(now, expected[placeOf(op.item, op.field)]) || isSame(now, op.value);
  });
}

/** Whether nothing is left of an edit that would change anything. */
export const isIdle = ({ target, ops, isVoid = false }: Pending): boolean =>
  isVoid || (target === null && ops.every((op) => op.op === "text" && op.delta.length === 0));

/** The fields that these ops give a value. */
export const placesSet = (ops: readonly Op[]): Set<string> =>
  new Set(ops.flatMap((op) => (op.op === "set" ? [placeOf(op.item, op.field)] : [])));

/** What the fields hold that these ops give a value. */
export function valuesSeen(ops: readonly Op[], view: Document): Record<string, Value> {
  const sets = ops.flatMap((op) => (op.op === "set" ? [op] : []));
  return Object.fromEntries(sets.map((op) => [placeOf(op.item, op.field), view.value(op.item, op.field) ?? null]));
}

/** An edit has its place, or will have none: the view shows it no more. Returns the ops that it showed. */
export function settle(entry: Pending): Op[] {
  const shown = entry.ops;
  entry.ops = [];
  entry.isInPlace = true;
  return shown;
}

/** The document with edits that have no version yet. */
export function applied(document: Document, entries: readonly Pick<Pending, "ops">[]): Document {
  const ops = entries.flatMap((entry) => entry.ops);
  if (ops.length === 0) return document;
  const draft = new Draft(document);
  for (const op of ops) draft.predict(op);
  return draft.finish();
}

/**
 * The moves of items that one's own ops put somewhere, and that have another place in the view by now: their own is
 * taken, or free again.
 */
export function gaveWay(before: Document, after: Document, entries: readonly Pick<Pending, "ops">[]): Op[] {
  const ops = entries.flatMap((entry) => entry.ops);
  const placed = new Set(ops.flatMap((op) => (op.op === "insert" ? [op.item.id] : op.op === "move" ? [op.item] : [])));
  return [...placed].flatMap((item): Op[] => {
    const [was, is] = [before.items.get(item)?.position, after.items.get(item)?.position];
    return was === undefined || is === undefined || was === is ? [] : [{ op: "move", item, position: is }];
  });
}

/** The ops of both as one edit, where the second goes on typing in the text that the first is about; else null. */
export function joined(last: Pending, next: Pending): Op[] | null {
  const [a] = last.ops;
  const [b] = next.ops;
  if (last.target !== null || last.expected !== null || next.expected !== null) return null;
  if (last.ops.length !== 1 || next.ops.length !== 1 || a?.op !== "text" || b?.op !== "text") return null;
  if (a.item !== b.item || a.field !== b.field) return null;
  const delta = text.compose(a.delta, b.delta);
  return delta.length > 0 ? [{ ...a, delta }] : null;
}

/** What leads from the document with the ops as `shown` to that with those `stored`; mostly nothing. */
export function correction(document: Document, shown: readonly Op[], stored: readonly Op[]): Op[] {
  const [shownAlike, storedAlike] = [shown.map(alike), stored.map(alike)];
  const draft = new Draft(document);
  const inverses = shown.map((op) => draft.predict(op));
  const back = inverses.filter((op, index): op is Op => op !== null && !storedAlike.includes(shownAlike[index]!));
  const forth = stored.filter((_, index) => !shownAlike.includes(storedAlike[index]!));
  return [...back.reverse(), ...forth];
}

/** An op without what the server may have changed: its position, and whether a field is unset or empty. */
function alike(op: Op): string {
  switch (op.op) {
    case "insert": {
      const set = Object.entries(op.item.fields).filter(([, value]) => value !== "" && value !== null);
      return JSON.stringify(["insert", op.item.id, op.item.type, set.sort(([a], [b]) => (a < b ? -1 : 1))]);
    }
    case "move":
      return JSON.stringify(["move", op.item]);
    case "set":
      return JSON.stringify(["set", op.item, op.field, op.value === "" ? null : op.value]);
    case "text":
      return JSON.stringify(["text", op.item, op.field, op.delta]);
    case "remove":
      return JSON.stringify(["remove", targetOf(op)]);
  }
}
