/**
 * The editing core: one content as the server has confirmed it, and what was edited here on top of that.
 *
 * No I/O and no clock. One edit is in flight at a time; the others wait and are moved over what comes in. The shape
 * is that of Jupiter's client, as in CodeMirror's and ProseMirror's collab modules.
 */

import { Document, Draft } from "./document";
import { History } from "./history";
import { type Notice, noticesOf, OwnValues } from "./notice";
import { correction, isAlike, joined, type Pending, type Request, requestOf } from "./pending";
import { transform } from "./transform";
import type { Edit, EditAnswer, Op } from "./types";

export interface Saved {
  confirmed: ReturnType<Document["toJson"]>;
  pending: Pending[];
}

export class Replica {
  readonly history = new History();
  #confirmed: Document;
  #pending: Pending[];
  #view: Document;
  /** The answer to the edit in flight, while edits before it are missing. */
  #held: EditAnswer | null = null;
  /** Edits that came before those that they follow. */
  readonly #early = new Map<number, Edit>();
  readonly #notices: Notice[] = [];
  readonly #ownValues = new OwnValues();

  constructor(
    confirmed: Document,
    readonly userId: string,
    pending: readonly Pending[] = [],
    readonly mayGrow = true,
  ) {
    this.#confirmed = confirmed;
    this.#pending = [...pending];
    this.#view = this.#recompute();
  }

  /** The content as the server has it, as far as we know. */
  get confirmed(): Document {
    return this.#confirmed;
  }

  /** The content as its user sees it. */
  get view(): Document {
    return this.#view;
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  save(): Saved {
    return { confirmed: this.#confirmed.toJson(), pending: this.#pending.map((entry) => ({ ...entry })) };
  }

  takeNotices(): Notice[] {
    return this.#notices.splice(0);
  }

  /** Makes an edit, on the version that its author saw. Text typed in one field joins the edit that waits before it. */
  edit(ops: Op[], editId: string, group: string, seenOn = this.#confirmed.version): void {
    const draft = new Draft(this.#view);
    const inverse = ops.map((op) => draft.predict(op)).filter((op) => op !== null).reverse();
    if (inverse.length === 0) return;
    this.#view = draft.finish();
    const last = this.#pending.at(-1);
    const grown = this.mayGrow && last?.sent === null && last.undoes === null ? joined(last.ops, ops) : null;
    if (last && grown) {
      last.ops = grown;
      this.history.grown(last.editId, inverse);
    } else {
      // A draft may be older than the history that is known now, as after a backup was restored.
      const madeOn = Math.min(seenOn, this.#confirmed.version);
      this.#pending.push({ editId, undoes: null, ops, madeOn, sent: null });
      this.history.made({ target: editId, ops: inverse, group });
    }
  }

  /** Takes back the newest group of our own edits, or what was last taken back. */
  step(side: "undo" | "redo", newId: () => string): void {
    const group = this.history.peekGroup(side);
    while (group !== undefined && this.history.peekGroup(side) === group) {
      const step = this.history.take(side)!;
      const last = this.#pending.at(-1);
      if (step.target !== null && last?.editId === step.target && last.sent === null) {
        this.#pending.pop();
        this.#view = this.#recompute();
        // What was never sent can be taken back again as if it had just been made.
        this.history.done(side, { target: last.undoes, ops: last.ops, group });
        continue;
      }
      const draft = new Draft(this.#view);
      const inverse = step.ops.map((op) => draft.predict(op)).filter((op) => op !== null).reverse();
      const editId = newId();
      if (step.target === null && inverse.length === 0) continue;
      this.#view = draft.finish();
      this.#pending.push({ editId, undoes: step.target, ops: step.ops, madeOn: this.#confirmed.version, sent: null });
      this.history.done(side, { target: editId, ops: inverse, group });
    }
  }

  /** What to send now: the oldest pending edit, unless it is in flight. */
  next(roomId: string): Request | null {
    const first = this.#pending[0];
    if (!first || first.sent) return null;
    // Values are the same on any version: sent with the one that their author saw, the server finds what they
    // overwrite, and tells both. Text is counted on the version that it was moved to.
    const isText = first.ops.some((op) => op.op === "text");
    first.sent = { baseVersion: isText ? this.#confirmed.version : first.madeOn, ops: first.ops };
    return requestOf(first, roomId);
  }

  /** What to send again after the connection broke: word for word what was in flight. */
  again(roomId: string): Request | null {
    const first = this.#pending[0];
    return first?.sent ? requestOf(first, roomId) : null;
  }

  /** Forgets how the edit in flight was sent, where the server knows that base no more. */
  resend(): void {
    const first = this.#pending[0];
    if (!first) return;
    first.sent = null;
    first.madeOn = this.#confirmed.version;
  }

  /** Takes the answer to the edit in flight. False: edits are missing before it; ask for them. */
  acknowledged(answer: EditAnswer): boolean {
    const first = this.#pending[0];
    if (first?.editId !== answer.edit_id) return true;
    const sent = first.sent?.ops ?? [];
    this.#notices.push(...noticesOf(answer, sent, first.undoes !== null, this.#confirmed));
    if (answer.ops.length === 0) {
      this.history.forget(first.editId);
      this.#settle(() => this.#pending.shift());
      return true;
    }
    if (answer.version > this.#confirmed.version + 1) {
      this.#held = answer;
      return false;
    }
    this.#confirm(answer.version, answer.ops);
    this.#catchUp();
    return this.#early.size === 0;
  }

  /** The server will never store the edit in flight. */
  refused(code: string, message: string): void {
    const first = this.#pending[0];
    if (!first) return;
    this.#notices.push({ type: "refused", code, message, ops: first.ops });
    this.history.forget(first.editId);
    this.#settle(() => this.#pending.shift());
  }

  /** Takes edits in the order of their versions, and keeps those that came too early. False: ask for what is missing. */
  received(edits: readonly Edit[]): boolean {
    for (const edit of edits) if (edit.version > this.#confirmed.version) this.#early.set(edit.version, edit);
    this.#catchUp();
    return this.#held === null && this.#early.size === 0;
  }

  /** Takes the whole document, where the way from our version to it is not known. */
  reset(document: Document): void {
    if (document.version < this.#confirmed.version) return;
    this.#settle(() => {
      this.#confirmed = document;
    });
    const held = this.#held;
    if (held && held.version <= document.version) {
      this.#held = null;
      this.#settle(() => this.#pending.shift());
    }
    for (const version of this.#early.keys()) if (version <= document.version) this.#early.delete(version);
    this.#catchUp();
  }

  /** Goes on from a document of another history than the one known here, such as a restored backup's. */
  restart(document: Document): void {
    this.#early.clear();
    this.#ownValues.clear();
    this.#held = null;
    this.#settle(() => {
      this.#confirmed = document;
    });
    this.resend();
  }

  /** Takes what came too early, as far as it now follows. */
  #catchUp(): void {
    for (;;) {
      const version = this.#confirmed.version + 1;
      const edit = this.#early.get(version);
      this.#early.delete(version);
      if (edit?.edit_id === this.#pending[0]?.editId && edit) this.#confirm(version, edit.ops);
      else if (edit) this.#remote(edit);
      else if (this.#held?.version === version) this.#confirm(version, this.#held.ops);
      else return;
    }
  }

  #remote(edit: Edit): void {
    if (edit.author.id !== this.userId) this.#notices.push(...this.#ownValues.replaced(edit, this.#confirmed));
    const before = this.#view;
    const draft = new Draft(this.#confirmed);
    for (const op of edit.ops) draft.apply(op);
    this.#confirmed = draft.finish(edit.version);
    this.#move(edit.ops, before);
    this.#view = this.#recompute();
  }

  /** Moves all that is pending, and the history after it, over ops that follow what is confirmed. */
  #move(theirs: readonly Op[], before: Document): void {
    let left = theirs;
    this.#pending = this.#pending.filter((entry) => {
      const moved = transform(entry.ops, left, entry.undoes !== null);
      if (entry.sent === null && moved.ours.length < entry.ops.length && entry.undoes === null) {
        const lost = entry.ops.find((op) => !moved.ours.some((other) => isAlike(op, other)));
        const reason = left.some((op) => op.op === "remove") ? "item_removed" : "field_replaced";
        if (lost) this.#notices.push({ type: "dropped", dropped: { index: 0, reason }, op: lost, before });
      }
      entry.ops = moved.ours;
      left = moved.theirs;
      // An empty edit is nothing to send; what is in flight stays until it is answered.
      const isEmpty = entry.ops.every((op) => op.op === "text" && op.delta.length === 0);
      if (isEmpty && entry.sent === null && entry.undoes === null) {
        this.history.forget(entry.editId);
        return false;
      }
      return true;
    });
    this.history.move(left);
  }

  /** The edit in flight got its version. */
  #confirm(version: number, ops: readonly Op[]): void {
    this.#held = null;
    if (version <= this.#confirmed.version) {
      // Stored before: it came with a whole document, and is in what is confirmed already.
      this.#settle(() => this.#pending.shift());
      return;
    }
    this.#ownValues.stored(version, ops);
    this.#settle(() => {
      this.#pending.shift();
      const draft = new Draft(this.#confirmed);
      for (const op of ops) draft.apply(op);
      this.#confirmed = draft.finish(version);
    });
  }

  /**
   * Changes what stands before the waiting edits. Where a text comes out otherwise than was expected here, the
   * difference is taken as somebody else's edit, so that what waits still fits.
   */
  #settle(change: () => void): void {
    const first = this.#pending[0]?.sent ? this.#pending[0] : undefined;
    const expected = this.#after(first ? [first] : []);
    change();
    const isInFlight = first !== undefined && this.#pending[0] === first;
    const base = isInFlight ? this.#after([first]) : this.#confirmed;
    const waiting = isInFlight ? this.#pending.slice(1) : this.#pending;
    const corrections = correction(expected, base, waiting);
    if (corrections.length > 0) {
      let left: readonly Op[] = corrections;
      for (const entry of waiting) {
        const moved = transform(entry.ops, left, entry.undoes !== null);
        entry.ops = moved.ours;
        left = moved.theirs;
      }
      this.history.move(left);
    }
    this.#view = this.#recompute();
  }

  #after(entries: readonly Pending[]): Document {
    if (entries.length === 0) return this.#confirmed;
    const draft = new Draft(this.#confirmed);
    for (const entry of entries) for (const op of entry.ops) draft.predict(op);
    return draft.finish();
  }

  #recompute(): Document {
    return this.#after(this.#pending);
  }
}
