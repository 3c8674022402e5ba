/** What an undo will come to, before the server has it: found as the server finds it, in the edits that were heard and in
 * one's own that are pending. */

import { type Document, Draft } from "./document";
import type { Done } from "./letters";
import { correction, type Pending } from "./pending";
import type { Op } from "./types";
import { foretold } from "./undoing";

/**
 * So many of the latest edits are kept, as many as the server's default looks back to. Of what lies further back an
 * undo shows once the server has it.
 */
const MAX_PAST = 1_000;

/** The latest confirmed edits, adjacent, up to the confirmed version. */
export class Past {
  #edits: Done[] = [];

  get edits(): readonly Done[] {
    return this.#edits;
  }

  /** The document after an edit of the history. */
  add(document: Document, edit: Omit<Done, "inverse">, version: number): Document {
    const draft = new Draft(document);
    const inverse = edit.ops.flatMap((op) => draft.apply(op) ?? []).reverse();
    this.#edits.push({ ...edit, inverse });
    if (this.#edits.length > 2 * MAX_PAST) this.#edits = this.#edits.slice(-MAX_PAST);
    return draft.finish(version);
  }

  clear(): void {
    this.#edits = [];
  }
}

/** Goes through the pending edits, in order, each as it now follows the confirmed document. */
export class Foresight {
  #document: Document;
  readonly #history: Done[];

  constructor(document: Document, past: Past) {
    this.#document = document;
    this.#history = past.edits.slice(-MAX_PAST);
  }

  /** Takes in the next one. Returns what changes in the view, where an undo comes to something else by now. */
  follow(entry: Pending): Op[] {
    const shown = entry.ops;
    if (entry.target !== null) {
      const undone = foretold(entry.target, this.#document, this.#history);
      entry.undoes = undone?.undoes ?? null;
      entry.ops = undone?.ops ?? shown;
    }
    const change = entry.ops === shown ? [] : correction(this.#document, shown, entry.ops);
    const draft = new Draft(this.#document);
    const ops: Op[] = [];
    const inverse: Op[] = [];
    for (const op of entry.ops) {
      const back = draft.predict(op);
      if (!back) continue;
      inverse.unshift(back);
      ops.push(placed(op, draft));
    }
    this.#history.push({ editId: entry.editId, ops, inverse, undoes: entry.undoes });
    this.#document = draft.finish();
    return change;
  }
}

/** The op as it was carried out: in the place that was free. */
function placed(op: Op, draft: Draft): Op {
  if (op.op === "move") return { ...op, position: draft.item(op.item)!.position };
  if (op.op === "insert") return { ...op, item: draft.item(op.item.id)! };
  return op.op === "set" && op.value === "" ? { ...op, value: null } : op;
}
