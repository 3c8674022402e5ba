/**
 * Undoing: an edit is taken back on a document, as far as others have left what it did (PROTOCOL.md, How edits meet,
 * 5). The server does the same in collab/domain/ot/undoing.py.
 */

import { type Document, Draft, placeOf } from "./document";
import { type Cause, type Done, isAt, Letters, type Place, TooMuch } from "./letters";
import { isSame, target as itemOf } from "./transform";
import type { Dropped, Op } from "./types";

type Reason = Dropped["reason"];

/** What an undo comes to: the edit that it takes back, null where that is undone already, and its ops, as placed. */
export interface Undone {
  undoes: string | null;
  ops: Op[];
}

const MAX_POSITION_LENGTH = 500;

/**
 * What undoing the edit `target` of a history comes to; null where only the server can tell. The history begins with it,
 * or before: as far back as `earlier` says.
 */
export function foretold(target: string, document: Document, history: readonly Done[]): Undone | null {
  const live = liveEdit(target, history);
  if (!live) return { undoes: null, ops: [] };
  try {
    return { undoes: live.editId, ops: new Undoing(live, document, history).ops };
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}

/** The edit that now carries the target's effect: itself, or its latest redo; undefined where it is undone. */
function liveEdit(target: string, history: readonly Done[]): Done | undefined {
  const undoneBy = new Map(history.flatMap((edit) => (edit.undoes === null ? [] : [[edit.undoes, edit] as const])));
  let live = history.find(({ editId }) => editId === target);
  for (;;) {
    const undone = live && undoneBy.get(live.editId);
    if (!undone) return live;
    live = undoneBy.get(undone.editId);
  }
}

/**
 * The ids of edits that lie before the history, and without which the target's texts are not taken back exactly: undos
 * in those texts take them back.
 */
export function earlier(target: Done, history: readonly Done[]): Set<string> {
  const places = textPlaces(target);
  const isThere = (one: Place): boolean => places.some((other) => isAt(one, other));
  const undone = history.flatMap((edit) => (edit.undoes !== null && textPlaces(edit).some(isThere) ? [edit.undoes] : []));
  const known = new Set(history.map(({ editId }) => editId));
  return new Set(undone.filter((editId) => !known.has(editId)));
}

const textPlaces = (edit: Done): Place[] => edit.ops.flatMap((op) => (op.op === "text" ? [op] : []));

class Undoing {
  readonly ops: Op[] = [];
  readonly #draft: Draft;
  readonly #texts = new Map<string, { letters: Letters; causes: Cause[] }>();
  readonly #kept = new Map<string, Reason>();

  constructor(live: Done, document: Document, history: readonly Done[]) {
    this.#draft = new Draft(document);
    const named = new Set([live.editId, ...history.flatMap(({ undoes }) => undoes ?? [])]);
    for (const place of textPlaces(live)) {
      const letters = new Letters(place, history, document.value(place.item, place.field), named);
      this.#texts.set(placeOf(place.item, place.field), { letters, causes: letters.causes(live.editId) });
    }
    live.inverse.forEach((inverse, offset) => this.#takeBack(live.ops[live.ops.length - 1 - offset]!, inverse));
  }

  #takeBack(done: Op, inverse: Op): void {
    const subject = subjectOf(inverse);
    const cause = "field" in inverse ? this.#texts.get(subject)?.causes.pop() : undefined;
    // What an edit did to a thing before lies under what it did to it last: where that stays, both do.
    const back = this.#kept.get(placeOf(itemOf(inverse), "")) ?? this.#kept.get(subject) ?? this.#back(done, inverse, cause);
    if (typeof back === "string") {
      this.#kept.set(subject, back);
      return;
    }
    this.#draft.apply(back);
    this.ops.push(back);
  }

  /** What takes an op back, or why it is not. */
  #back(done: Op, inverse: Op, cause: Cause | undefined): Op | Reason {
    if (inverse.op === "insert") {
      if (this.#draft.item(inverse.item.id)) return "item_exists";
      for (const { letters } of this.#texts.values()) if (letters.place.item === inverse.item.id) letters.restore(inverse.item);
      return { ...inverse, item: { ...inverse.item, position: this.#place(inverse.item.position, inverse.item.id) } };
    }
    const item = inverse.item === null ? undefined : this.#draft.item(inverse.item);
    if (inverse.item !== null && !item) return "item_removed";
    switch (inverse.op) {
      case "set":
        if (!isSame(this.#draft.value(inverse.item, inverse.field), done.op === "set" ? done.value : null)) return "field_changed";
        if (cause !== undefined) this.#texts.get(subjectOf(inverse))!.letters.setBack(cause, inverse);
        return inverse;
      case "text": {
        const delta = this.#texts.get(subjectOf(inverse))!.letters.switch(cause!);
        return delta === null ? "field_replaced" : { ...inverse, delta };
      }
      case "move":
        if (item!.position !== (done.op === "move" ? done.position : null)) return "item_moved";
        return { ...inverse, position: this.#place(inverse.position, inverse.item) };
      case "remove":
        return inverse;
    }
  }

  #place(wanted: string, id: string): string {
    const free = this.#draft.free(wanted, id);
    if (free.length > MAX_POSITION_LENGTH) throw new TooMuch();
    return free;
  }
}

/** What an op changes: a field, or an item's position (here ".") or presence (here ""). */
function subjectOf(op: Op): string {
  if (op.op === "set" || op.op === "text") return placeOf(op.item, op.field);
  return placeOf(itemOf(op), op.op === "move" ? "." : "");
}
