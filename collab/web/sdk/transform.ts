/**
 * How ops that wait here move over ops that were ordered before them; the rules are the server's (PROTOCOL.md,
 * How edits meet). Remote edits are taken one at a time and never composed first: for text, moved over two deltas
 * one by one, a delta can end up elsewhere than moved over the two composed.
 */

import type { Document } from "./document";
import * as text from "./text";
import type { Dropped, Fields, Op, Value } from "./types";

/** An op of ours that has nothing left to act on. */
export interface Lost {
  op: Op;
  reason: Dropped["reason"];
}

/** Our ops as they follow theirs, and theirs as they follow ours; and those of ours that theirs made pointless. */
export function transform(ours: readonly Op[], theirs: readonly Op[]): { ours: Op[]; theirs: Op[]; lost: Lost[] } {
  let kept: readonly Op[] = ours;
  const moved: Op[] = [];
  const lost: Lost[] = [];
  for (const op of theirs) {
    let other: Op | null = op;
    kept = kept.flatMap((mine): Op[] => {
      if (other === null) return [mine];
      const [after, left] = meet(mine, other);
      if (after === null) lost.push({ op: mine, reason: other.op === "remove" ? "item_removed" : "field_replaced" });
      other = left;
      return after === null ? [] : [after];
    });
    if (other !== null) moved.push(other);
  }
  return { ours: [...kept], theirs: moved, lost };
}

/**
 * Ops that lead from one document to another, where the edits in between are not known.
 *
 * A changed text is one delta between what both have in common at its start and its end: coarser than the edits
 * were, so that what is pending in it may end up beside where it was typed, and is never lost.
 */
export function difference(before: Document, after: Document): Op[] {
  const found = changedFields(null, before.fields, after.fields);
  for (const item of before.items.values()) {
    const now = after.items.get(item.id);
    if (!now) {
      found.push({ op: "remove", item: item.id });
      continue;
    }
    found.push(...changedFields(item.id, item.fields, now.fields));
    if (item.position !== now.position) found.push({ op: "move", item: item.id, position: now.position });
  }
  for (const item of after.items.values()) if (!before.items.has(item.id)) found.push({ op: "insert", item });
  return found;
}

function changedFields(item: string | null, before: Fields, after: Fields): Op[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((field): Op[] => {
    const [old, now] = [before[field] ?? null, after[field] ?? null];
    if (isSame(old, now)) return [];
    const isText = (value: Value): value is string | null => value === null || typeof value === "string";
    if (!isText(old) || !isText(now)) return [{ op: "set", item, field, value: now }];
    return [{ op: "text", item, field, delta: text.replace(old ?? "", now ?? "") }];
  });
}

/** One op of ours and one of theirs, which the server ordered first. */
function meet(mine: Op, other: Op): [Op | null, Op | null] {
  if (other.op === "remove" && target(mine) === other.item && mine.op !== "insert") {
    return [null, mine.op === "remove" ? null : other];
  }
  if (mine.op === "remove" && target(other) === mine.item && other.op !== "insert") return [mine, null];
  if (mine.op === "move" && other.op === "move" && mine.item === other.item) return [mine, null];
  if (!isWrite(mine) || !isWrite(other) || mine.item !== other.item || mine.field !== other.field) return [mine, other];
  if (mine.op === "set") return [mine, null];
  if (other.op === "set") return [null, other];
  return [
    { ...mine, delta: text.transform(mine.delta, other.delta, "right") },
    { ...other, delta: text.transform(other.delta, mine.delta, "left") },
  ];
}

const isWrite = (op: Op): op is Extract<Op, { op: "set" | "text" }> => op.op === "set" || op.op === "text";

/** Whether two values are the same one. */
export const isSame = (a: Value, b: Value): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The id of the item that an op is about; null for the content itself. */
export const target = (op: Op): string | null => (op.op === "insert" ? op.item.id : op.item);
