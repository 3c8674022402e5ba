/** What a user is to be told of edits that met: by the answer to their own, and by what others do to what they wrote. */

import { type Document, placeOf } from "./document";
import type { Notice } from "./events";
import type { Pending } from "./pending";
import { isSame } from "./transform";
import type { Edit, EditAnswer, Op, Overwrite } from "./types";

/** What the answer to an edit tells its author. */
export function toldByAnswer(answer: EditAnswer, edit: Pending, before: Document): Notice[] {
  const editId = answer.edit_id;
  const sent = edit.sent?.ops ?? [];
  // It is stored too where nothing is told of it: its edit was folded away since.
  const isStored = answer.ops.length > 0 || answer.dropped.length === 0;
  const saved: Notice[] = isStored ? [{ type: "saved", editId, version: answer.version }] : [];
  const overwrote = answer.overwrote.flatMap((entry) => overwroteOf(editId, sent[entry.index], entry));
  // What an undo's answer speaks of are the ops of the edit to undo, which may be long past.
  const opAt = (index: number): Op | null => (edit.target === null ? (sent[index] ?? null) : null);
  const dropped = answer.dropped.map(
    ({ index, reason }): Notice => ({ type: "dropped", editId, op: opAt(index), reason, before }),
  );
  return [...saved, ...overwrote, ...dropped];
}

/** Tells of an op that had nothing to act on any more when it was made. */
export function tooLate(editId: string, op: Op, view: Document, seen: Document = view): Notice {
  const isGone = "item" in op && typeof op.item === "string" && !view.items.has(op.item);
  return { type: "dropped", editId, op, reason: isGone ? "item_removed" : "field_replaced", before: seen };
}

function overwroteOf(editId: string, op: Op | undefined, { value: theirs, author: by, version }: Overwrite): Notice[] {
  if (op?.op !== "set") return [];
  const { item, field, value: mine } = op;
  return [{ type: "overwrote", editId, item, field, mine, theirs, by, version }];
}

/**
 * The fields that the user wrote and nobody else has set since, each with the version of the last such edit; and the
 * items that they added.
 *
 * Whoever sets one from an older version has not seen what stood there (PROTOCOL.md, A client in any language, 6).
 */
export class OwnWrites {
  readonly #versions = new Map<string, number>();
  readonly #inserted = new Set<string>();

  /** An edit of the user's has its place. */
  stored(version: number, ops: readonly Op[]): void {
    for (const op of ops) if (op.op === "set" || op.op === "text") this.#versions.set(placeOf(op.item, op.field), version);
    for (const op of ops) if (op.op === "insert") this.#inserted.add(op.item.id);
  }

  /** What an edit of somebody else, about to follow `document`, replaces without its author having seen it. */
  overwritten(edit: Edit, document: Document): Notice[] {
    return edit.ops.flatMap((op): Notice[] => {
      if (op.op !== "set") return [];
      const { item, field, value: theirs } = op;
      const version = this.#versions.get(placeOf(item, field)) ?? 0;
      this.#versions.delete(placeOf(item, field));
      const mine = document.value(item, field) ?? null;
      if (edit.base_version >= version || isSame(mine, theirs)) return [];
      return [{ type: "overwritten", item, field, mine, theirs, by: edit.author, version: edit.version }];
    });
  }

  /** What a document of another history does not have of what the user wrote. */
  lost(before: Document, now: Document): Notice[] {
    const told: Notice[] = [...this.#inserted]
      .filter((item) => before.items.has(item) && !now.items.has(item))
      .sort()
      .map((item) => ({ type: "lost", item, field: null, mine: { ...before.items.get(item)!.fields }, now: null }));
    for (const key of this.#versions.keys()) {
      const [item, field] = JSON.parse(key) as [string | null, string];
      if (item !== null && !(before.items.has(item) && now.items.has(item))) continue;
      const [mine, value] = [before.value(item, field) ?? null, now.value(item, field) ?? null];
      if (!isSame(mine, value)) told.push({ type: "lost", item, field, mine, now: value });
    }
    return told;
  }

  /** The document was replaced whole: who wrote what since is not known. */
  clear(): void {
    this.#versions.clear();
    this.#inserted.clear();
  }
}
