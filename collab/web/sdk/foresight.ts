/** What an undo will come to, before the server has it: found as the server finds it, in the edits that were heard and in
 * one's own that are pending. */

import { type Document, Draft } from "./document";
import type { Done } from "./letters";
import { correction, type Pending } from "./pending";
import type { Op } from "./types";
import { earlier, foretold, type Undone } from "./undoing";

/** How many of the latest edits are kept: as many as the server looks back to by default. */
const MAX_PAST = 1_000;

/** The latest edits, adjacent, up to a document. */
export class Past {
  #edits: Done[] = [];
  /** The same without edits that the very next one took back, and without that one; again and again. */
  #standing: Done[] = [];

  constructor(edits: readonly Done[] = []) {
    for (const edit of edits) this.push(edit);
  }

  get edits(): readonly Done[] {
    return this.#edits;
  }

  /** The latest of them, as far back as it takes to undo these. */
  since(targets: readonly string[]): readonly Done[] {
    const isTarget = ({ editId }: Done): boolean => targets.includes(editId);
    const first = this.#edits.findIndex(isTarget);
    const lookedAt = targets.map((target) => this.#lookedAt(target)?.length ?? 0);
    return first < 0 ? [] : this.#edits.slice(Math.min(first, this.#edits.length - Math.max(...lookedAt)));
  }

  copy(): Past {
    const copy = new Past();
    copy.#edits = [...this.#edits];
    copy.#standing = [...this.#standing];
    return copy;
  }

  /** The document after an edit of the history. */
  add(document: Document, edit: Omit<Done, "inverse">, version: number): Document {
    const draft = new Draft(document);
    const inverse = edit.ops.flatMap((op) => draft.apply(op) ?? []).reverse();
    this.push({ ...edit, inverse });
    return draft.finish(version);
  }

  push(edit: Done): void {
    this.#edits.push(edit);
    const last = this.#standing.at(-1);
    if (last && edit.undoes === last.editId && isSame(edit.ops, last.inverse)) this.#standing.pop();
    else this.#standing.push(edit);
    if (this.#edits.length > 2 * MAX_PAST) this.#edits = this.#edits.slice(-MAX_PAST);
    if (this.#standing.length > 2 * MAX_PAST) this.#standing = this.#standing.slice(-MAX_PAST);
  }

  clear(): void {
    this.#edits = [];
    this.#standing = [];
  }

  /** What undoing an edit comes to on the document at the end; null where only the server can tell. */
  undone(target: string, document: Document): Undone | null {
    const last = this.#standing.at(-1);
    // It is as if nothing had been edited since: whatever came before, this takes it back.
    if (last?.editId === target) return { undoes: target, ops: [...last.inverse] };
    const history = this.#lookedAt(target);
    return history && foretold(target, document, history);
  }

  /** The history that the server looks at to undo an edit; null where not all of that was heard here. */
  #lookedAt(target: string): readonly Done[] | null {
    const reach = this.#edits.slice(-MAX_PAST);
    let from = reach.findIndex(({ editId }) => editId === target);
    const edit = reach[from];
    if (!edit) return null;
    for (;;) {
      const before = earlier(edit, reach.slice(from));
      const heard = reach.slice(0, from).filter(({ editId }) => before.has(editId));
      // The server looks back no further than this client does.
      if (heard.length < before.size && reach.length < MAX_PAST) return null;
      if (heard.length < before.size || !heard[0]) return reach.slice(from);
      from = reach.indexOf(heard[0]);
    }
  }
}

/** Goes through the pending edits, in order, each as it now follows the confirmed document. */
export class Foresight {
  #document: Document;
  readonly #past: Past;

  constructor(document: Document, past: Past) {
    this.#document = document;
    this.#past = past.copy();
  }

  /**
   * Takes in the next one. Returns what changes in the view, where an undo comes to something else by now; where that
   * can't be told here, what it has shown so far stays.
   */
  follow(entry: Pending): Op[] {
    const shown = entry.ops;
    let undone: Undone | null = entry.isVoid ? { undoes: null, ops: [] } : null;
    if (entry.target !== null && !entry.isVoid) undone = this.#past.undone(entry.target, this.#document);
    if (undone) {
      entry.undoes = undone.undoes;
      entry.ops = undone.ops;
    }
    const change = undone ? correction(this.#document, shown, entry.ops) : [];
    const draft = new Draft(this.#document);
    const ops: Op[] = [];
    const inverse: Op[] = [];
    for (const op of entry.ops) {
      const back = draft.predict(op);
      if (!back) continue;
      inverse.unshift(back);
      ops.push(placed(op, draft));
    }
    this.#past.push({ editId: entry.editId, ops, inverse, undoes: entry.undoes });
    this.#document = draft.finish();
    return change;
  }
}

const isSame = (some: readonly Op[], others: readonly Op[]): boolean => JSON.stringify(some) === JSON.stringify(others);

/** The op as it was carried out: in the place that was free. */
function placed(op: Op, draft: Draft): Op {
  if (op.op === "move") return { ...op, position: draft.item(op.item)!.position };
  if (op.op === "insert") return { ...op, item: draft.item(op.item.id)! };
  return op.op === "set" && op.value === "" ? { ...op, value: null } : op;
}
