/**
 * How ops that wait here move over ops that were ordered before them; the rules are the server's (PROTOCOL.md,
 * How edits meet). Remote edits are taken one at a time and never composed first: for text, moved over two deltas
 * one by one, a delta can end up elsewhere than moved over the two composed.
 */

import * as text from "./text";
import type { Op } from "./types";

/**
 * Our ops as they follow theirs, and theirs as they follow ours. An op that the other side made pointless is left out.
 *
 * The ops of an undo are weaker: they give way where somebody else has given the field or the place since.
 */
export function transform(
  ours: readonly Op[],
  theirs: readonly Op[],
  isUndo = false,
): { ours: Op[]; theirs: Op[] } {
  let left: Op[] = [...theirs];
  const moved: Op[] = [];
  for (const op of ours) {
    let mine: Op | null = op;
    const rest: Op[] = [];
    for (const other of left) {
      if (mine === null) {
        rest.push(other);
        continue;
      }
      const [next, after] = meet(mine, other, isUndo);
      mine = next;
      if (after !== null) rest.push(after);
    }
    if (mine !== null) moved.push(mine);
    left = rest;
  }
  return { ours: moved, theirs: left };
}

/** One op of ours and one of theirs, which the server ordered first. */
function meet(mine: Op, other: Op, isUndo: boolean): [Op | null, Op | null] {
  if (other.op === "remove" && target(mine) === other.item && mine.op !== "insert") {
    return [null, mine.op === "remove" ? null : other];
  }
  if (mine.op === "remove" && target(other) === mine.item && other.op !== "insert") return [mine, null];
  if (mine.op === "move" && other.op === "move" && mine.item === other.item) {
    return isUndo ? [null, other] : [mine, null];
  }
  if (!isWrite(mine) || !isWrite(other) || mine.item !== other.item || mine.field !== other.field) return [mine, other];
  if (mine.op === "set") return isUndo ? [null, other] : [mine, null];
  if (other.op === "set") return [null, other];
  return [
    { ...mine, delta: text.transform(mine.delta, other.delta, "right") },
    { ...other, delta: text.transform(other.delta, mine.delta, "left") },
  ];
}

const isWrite = (op: Op): op is Extract<Op, { op: "set" | "text" }> => op.op === "set" || op.op === "text";

/** The id of the item that an op is about; null for the content itself. */
export const target = (op: Op): string | null => (op.op === "insert" ? op.item.id : op.item);
