/**
 * How ops that wait here move over ops that were ordered before them; the rules are the server's (PROTOCOL.md,
 * How edits meet). Remote edits are taken one at a time and never composed first: for text, moved over two deltas
 * one by one, a delta can end up elsewhere than moved over the two composed.
 */

import * as text from "./text";
import type { Dropped, Op, Value } from "./types";

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
