/** What a person should hear of, and the values that they set, to tell them when somebody replaces one. */

import type { Document } from "./document";
import type { Dropped, Edit, EditAnswer, Op, Overwrite, Value } from "./types";

export type Notice =
  | { type: "replaced"; edit: Edit; item: string | null; field: string; mine: Value; theirs: Value }
  | { type: "overwrote"; overwrite: Overwrite; item: string | null; field: string; mine: Value }
  | { type: "dropped"; dropped: Dropped; op: Op; before: Document }
  | { type: "refused"; code: string; message: string; ops: Op[] };

/** What the answer to an edit says to its author, about the ops as it was sent. */
export function noticesOf(answer: EditAnswer, sent: readonly Op[], isUndo: boolean, before: Document): Notice[] {
  const overwrote = answer.overwrote.flatMap((overwrite): Notice[] => {
    const op = sent[overwrite.index];
    if (op?.op !== "set") return [];
    return [{ type: "overwrote", overwrite, item: op.item, field: op.field, mine: op.value }];
  });
  // What an undo can't take back has become somebody else's.
  const dropped = (isUndo ? [] : answer.dropped).flatMap((dropped): Notice[] => {
    const op = sent[dropped.index];
    return op ? [{ type: "dropped", dropped, op, before }] : [];
  });
  return [...overwrote, ...dropped];
}

/** The last value that we set in each field, and the version that took it. */
export class OwnValues {
  readonly #values = new Map<string, { version: number; value: Value }>();

  stored(version: number, ops: readonly Op[]): void {
    for (const op of ops) if (op.op === "set") this.#values.set(place(op.item, op.field), { version, value: op.value });
  }

  clear(): void {
    this.#values.clear();
  }

  /** What an edit of somebody else, which is about to follow `document`, replaces without having seen it. */
  replaced(edit: Edit, document: Document): Notice[] {
    // An undo takes back what its author had set; whoever set something on a later version replaced ours knowingly.
    if (edit.undoes) return [];
    return edit.ops.flatMap((op): Notice[] => {
      if (op.op !== "set") return [];
      const mine = this.#values.get(place(op.item, op.field));
      if (!mine || edit.base_version >= mine.version) return [];
      const isStanding = isSame(document.value(op.item, op.field) ?? null, mine.value);
      if (!isStanding || isSame(op.value, mine.value)) return [];
      return [{ type: "replaced", edit, item: op.item, field: op.field, mine: mine.value, theirs: op.value }];
    });
  }
}

const place = (item: string | null, field: string): string => JSON.stringify([item, field]);
const isSame = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);
