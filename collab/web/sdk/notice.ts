/** What a user is to be told of edits that met: by the answer to their own, and by what others do to what they wrote. */

import type { Document } from "./document";
import type { Pending } from "./pending";
import { isSame } from "./transform";
import type { Author, Dropped, Edit, EditAnswer, Op, Overwrite, Problem, Value } from "./types";

/** A field that two people gave a value: what stands there now is not what `mine` or `theirs` says of the other. */
interface Clash {
  item: string | null;
  field: string;
  mine: Value;
  theirs: Value;
  by: Author;
  version: number;
}

/** The words are those of the Python SDK's events: `Edited`, `Reloaded`, `Saved`, `Overwrote` … */
export type Notice =
  /** The document has changed by an edit that was not made here. `ops` are the edit's, as they change the view. */
  | { type: "edited"; edit: Edit; ops: Op[] }
  /** The document was replaced whole: more was missed than could be told edit by edit. */
  | { type: "reloaded"; version: number }
  /**
   * The server has another history by now, as after a backup was put back, and not what one had written in a field:
   * `mine` stood there, `now` does. Of an item that one had added `field` is null and `mine` its fields.
   */
  | { type: "lost"; item: string | null; field: string | null; mine: Value; now: Value }
  /** An edit of one's own is stored, for good. */
  | { type: "saved"; editId: string; version: number }
  /** One's own edit set a field over what `by` had given it meanwhile: `mine` stands now, and `theirs` stood before. */
  | ({ type: "overwrote"; editId: string } & Clash)
  /** `by` set a field without having seen what one had written oneself: `mine` stood before, `theirs` stands now. */
  | ({ type: "overwritten" } & Clash)
  /** An op of one's own edit had nothing left to act on, as `before` shows. `op` is null for one of an edit to undo. */
  | { type: "dropped"; editId: string; op: Op | null; reason: Dropped["reason"]; before: Document }
  /** One's own edit is not stored and has been taken back; asking again unchanged won't help. */
  | { type: "refused"; editId: string; error: Problem; ops: Op[] };

/** What the answer to an edit tells its author. */
export function toldByAnswer(answer: EditAnswer, edit: Pending, before: Document): Notice[] {
  const editId = answer.edit_id;
  const sent = edit.sent?.ops ?? [];
  const saved: Notice[] = answer.ops.length > 0 ? [{ type: "saved", editId, version: answer.version }] : [];
  const overwrote = answer.overwrote.flatMap((entry) => overwroteOf(editId, sent[entry.index], entry));
  // What an undo's answer speaks of are the ops of the edit to undo, which may be long past.
  const opAt = (index: number): Op | null => (edit.undoes === null ? (sent[index] ?? null) : null);
  const dropped = answer.dropped.map(
    ({ index, reason }): Notice => ({ type: "dropped", editId, op: opAt(index), reason, before }),
  );
  return [...saved, ...overwrote, ...dropped];
}

/** Of an op that had nothing to act on any more when it was made. */
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
    for (const op of ops) if (op.op === "set" || op.op === "text") this.#versions.set(place(op.item, op.field), version);
    for (const op of ops) if (op.op === "insert") this.#inserted.add(op.item.id);
  }

  /** What an edit of somebody else, about to follow `document`, replaces without its author having seen it. */
  overwritten(edit: Edit, document: Document): Notice[] {
    return edit.ops.flatMap((op): Notice[] => {
      if (op.op !== "set") return [];
      const { item, field, value: theirs } = op;
      const version = this.#versions.get(place(item, field)) ?? 0;
      this.#versions.delete(place(item, field));
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

const place = (item: string | null, field: string): string => JSON.stringify([item, field]);
