/**
 * The editing core: one content as the server has confirmed it, and what was edited here on top of that.
 *
 * No I/O and no clock. One edit is in flight at a time; the others wait and are kept moved over what comes in
 * (queue.ts). An edit stays in flight until it is both answered and in its place among the confirmed versions, in
 * whichever order the two come. It is sent with the version that its author saw, from which on the server finds what it
 * overwrites, and with the version that it has been moved to, on which its texts are counted. The shape is that of
 * Jupiter's client, as in CodeMirror's and ProseMirror's collab modules.
 */

import { opsBetween } from "./difference";
import { Document, Draft } from "./document";
import type { Notice } from "./events";
import { Past } from "./foresight";
import type { Done } from "./letters";
import { OwnWrites, toldByAnswer, tooLate } from "./notice";
import { applied, correction, gaveWay, type Kept, type Pending, pendingOf, revived, type Saved, settle, valuesSeen } from "./pending";
import { Queue } from "./queue";
import { cut, type Request, requestOf } from "./request";
import type { Edit, EditAnswer, Op, Problem } from "./types";
import type { UndoStacks } from "./undo";

export interface EditOptions {
  /** The document that the author saw last, where a draft has hidden what came since. */
  seen?: Document | undefined;
  /** Refused (`conflict`) instead of replacing a value that somebody else has set meanwhile. */
  isUnchangedExpected?: boolean | undefined;
}

export class Replica {
  readonly #queue: Queue;
  #confirmed: Document;
  #lastEdit: string | null;
  #view: Document;
  /** The answer to the edit in flight, while edits before it are missing. */
  #answer: EditAnswer | null = null;
  /** Edits that came before those that they follow. */
  readonly #early = new Map<number, Edit>();
  /** A whole document that may hold the edit in flight: only its answer tells. */
  #late: { document: Document; lastEdit: string | null } | null = null;
  readonly #notices: Notice[] = [];
  readonly #ownWrites = new OwnWrites();
  readonly #past: Past;

  constructor(
    confirmed: Document,
    readonly userId: string,
    readonly mayGrow = true,
    { pending = [], past = [], lastEdit = null }: Partial<Kept> = {},
  ) {
    this.#lastEdit = lastEdit;
    this.#past = new Past(past);
    this.#confirmed = confirmed;
    this.#queue = new Queue(pending.map(revived));
    this.#view = applied(confirmed, this.#queue.pending);
  }

  /** The content as the server has it, as far as we know. */
  get confirmed(): Document {
    return this.#confirmed;
  }

  /** The id of the edit that made it, by which the server knows whether its history is the same; null: not known. */
  get lastEdit(): string | null {
    return this.#lastEdit;
  }

  /** The content as its user sees it. */
  get view(): Document {
    return this.#view;
  }

  /** One's own edits and undos that are not done yet. */
  get pending(): readonly Pending[] {
    return this.#queue.awake;
  }

  get stacks(): UndoStacks {
    return this.#queue.stacks;
  }

  /** Whether versions are missing and have to be asked for: those after the confirmed one. */
  get isBehind(): boolean {
    return this.#late === null && (this.#early.size > 0 || this.#answer !== null);
  }

  save(): Saved {
    const pending = this.pending.map((entry) => ({ ...entry }));
    const past = this.#past.since(pending.flatMap(({ target }) => target ?? []));
    return { confirmed: this.#confirmed.toJson(), lastEdit: this.#lastEdit, pending, past };
  }

  takeNotices(): Notice[] {
    return this.#notices.splice(0);
  }

  /** Makes an edit. Text typed in one field joins the edit that waits before it. */
  edit(asked: Op[], editId: string, group: string, { seen, isUnchangedExpected = false }: EditOptions = {}): void {
    const view = this.#view;
    const draft = new Draft(view);
    const ops = asked.filter((op) => {
      const isDone = draft.predict(op) !== null;
      // What it was about has gone while its author was at it.
      if (!isDone) this.#notices.push(tooLate(editId, op, view, seen));
      return isDone;
    });
    if (ops.length === 0) return;
    this.#view = draft.finish();
    // A draft may be older than the history that is known now, as after a backup was restored.
    const madeOn = Math.min(seen?.version ?? Infinity, this.#confirmed.version);
    const expected = isUnchangedExpected ? valuesSeen(ops, view) : null;
    this.#queue.add(pendingOf(editId, { ops, madeOn, expected }), group, this.mayGrow);
  }

  /** Takes back the newest group of our own edits, or what was last taken back. */
  step(side: "undo" | "redo", newId: () => string): void {
    this.#queue.step(side, newId);
    this.#transformPending([]);
  }

  /** What to send now, in a message of at most `maxBytes`: the oldest pending edit, or as much of it as fits. */
  next(roomId: string, maxBytes = Infinity): Request | null {
    for (;;) {
      const [first] = this.pending;
      if (!first || first.sent) return null;
      if (this.#queue.cut(first, cut(first, roomId, this.#confirmed, maxBytes))) this.#transformPending([]);
      first.wasSent = true;
      const request = requestOf(first, roomId, this.#confirmed, maxBytes);
      if (!request.refusal || !this.#queue.undoOf(first.editId)) return request;
      // It can't be stored, and its author has taken it back: nothing is left to be told.
      this.#queue.forget(first.editId);
      this.#takeOut(first);
      this.#land();
    }
  }

  /** What to send again after the connection broke: word for word what was in flight, where its answer is missing. */
  again(roomId: string, maxBytes = Infinity): Request | null {
    const flight = this.#queue.flight;
    return flight && !this.#answer ? requestOf(flight, roomId, this.#confirmed, maxBytes) : null;
  }

  /** Takes the answer to the edit in flight. */
  answer(answer: EditAnswer): void {
    const flight = this.#queue.flight;
    if (flight?.editId !== answer.edit_id || this.#answer) return;
    this.#answer = answer;
    this.#notices.push(...toldByAnswer(answer, flight, this.#view));
    if (answer.ops.length === 0) this.#queue.forget(flight.editId);
    this.#resetLate();
    this.#settle();
  }

  /**
   * The server will never store the edit in flight: takes it back from the view, and what builds on it.
   *
   * Where it only does not know its `base_version`, the edit is made anew. Take in what is missing before it is sent
   * again.
   */
  refuse(error: Problem): void {
    const flight = this.#queue.flight;
    if (!flight || this.#answer) return;
    if (error.code === "version_unknown" && flight.target === null && !flight.isInPlace) {
      // The server finds what it has stored by its `edit_id` before it looks at a version: it has not stored this.
      this.#queue.putBack();
    } else {
      if (!flight.isInPlace) {
        const ops = flight.target === null ? (flight.sent?.ops ?? []) : [];
        this.#notices.push({ type: "refused", editId: flight.editId, error, ops });
        this.#queue.forget(flight.editId);
      }
      this.#takeOut(flight);
      this.#land();
    }
    this.#resetLate();
    this.#settle();
  }

  /** Nothing of what is pending will be stored, or its answer will not be heard: it is told as one, and taken back. */
  abandon(error: Problem): void {
    this.#notices.push(...this.#queue.abandon(error));
    this.#answer = null;
    this.#resetLate();
    this.#view = this.#confirmed;
  }

  /** Takes edits of the history, in any order and any number of times. */
  receive(edits: readonly Edit[]): void {
    for (const edit of edits) if (edit.version > this.#confirmed.version) this.#early.set(edit.version, edit);
    this.#settle();
  }

  /** Takes the whole document, where the edits since the confirmed one are not to be had. */
  reset(document: Document, lastEdit: string | null = null): void {
    this.#late = null;
    if (document.version <= this.#confirmed.version) return;
    const flight = this.#queue.flight;
    let before = this.#confirmed;
    if (flight && !flight.isInPlace) {
      if (!this.#answer) {
        this.#late = { document, lastEdit };
        return;
      }
      if (this.#answer.version <= document.version) {
        before = applied(before, [{ ops: settle(flight) }]);
      }
    }
    this.#replace(before, document, lastEdit);
    this.#settle();
  }

  /**
   * As `reset`, with a document of another history than the one known here, such as a restored backup's: tells what one
   * had written and it does not have.
   */
  restart(document: Document, lastEdit: string | null = null): void {
    this.#early.clear();
    this.#answer = null;
    this.#queue.putBack();
    for (const entry of this.#queue.pending) entry.madeOn = null;
    const lost = this.#ownWrites.lost(this.#confirmed, document);
    this.#replace(this.#confirmed, document, lastEdit);
    this.#notices.push(...lost);
  }

  /** Puts in place what has arrived and is next; lets the edit in flight land once it is done. */
  #settle(): void {
    const flight = this.#queue.flight;
    const answer = this.#answer;
    for (;;) {
      const version = this.#confirmed.version + 1;
      const edit = this.#early.get(version);
      if (flight && !flight.isInPlace && answer?.version === version && answer.ops.length > 0) {
        this.#putInPlace(flight, version, answer.ops);
      } else if (edit) this.#take(edit);
      else break;
    }
    const { version } = this.#confirmed;
    for (const early of this.#early.keys()) if (early <= version) this.#early.delete(early);
    if (flight && answer && answer.version <= version) {
      this.#takeOut(flight);
      this.#land();
    }
  }

  #take(edit: Edit): void {
    const flight = this.#queue.flight;
    if (edit.edit_id === flight?.editId) {
      this.#putInPlace(flight, edit.version, edit.ops);
      return;
    }
    const overwritten: Notice[] = [];
    if (edit.author.id === this.userId) this.#ownWrites.stored(edit.version, edit.ops);
    else overwritten.push(...this.#ownWrites.overwritten(edit, this.#confirmed));
    const { edit_id: editId, version, undoes = null } = edit;
    this.#confirm({ editId, ops: edit.ops, undoes }, version);
    this.#transformPending(edit.ops, (ops) => this.#notices.push({ type: "edited", edit, ops }, ...overwritten));
  }

  /** The edit in flight got its version. */
  #putInPlace(flight: Pending, version: number, ops: readonly Op[]): void {
    const over = correction(this.#confirmed, settle(flight), ops);
    this.#confirm({ editId: flight.editId, ops, undoes: flight.undoes ?? flight.target }, version);
    this.#transformPending(over);
    this.#ownWrites.stored(version, ops);
    this.#queue.follow(version);
  }

  /** Takes the edit in flight out of the view, where it is not stored. */
  #takeOut(flight: Pending): void {
    this.#transformPending(correction(this.#confirmed, settle(flight), []));
  }

  #confirm(edit: Omit<Done, "inverse">, version: number): void {
    this.#confirmed = this.#past.add(this.#confirmed, edit, version);
    this.#lastEdit = edit.editId;
  }

  #replace(before: Document, document: Document, lastEdit: string | null): void {
    this.#ownWrites.clear();
    this.#past.clear();
    const over = opsBetween(before, document);
    this.#confirmed = document;
    this.#lastEdit = lastEdit;
    this.#transformPending(over, () => this.#notices.push({ type: "reloaded", version: document.version }));
  }

  #resetLate(): void {
    if (this.#late) this.reset(this.#late.document, this.#late.lastEdit);
  }

  /** Moves all that is pending over ops that are confirmed by now; `tell` gets those as they change the view. */
  #transformPending(over: readonly Op[], tell?: (ops: Op[]) => void): void {
    const seen = this.#view;
    const moved = this.#queue.transform(over, this.#confirmed, this.#past, seen);
    this.#view = applied(this.#confirmed, this.#queue.pending);
    tell?.([...moved.over, ...gaveWay(seen, this.#view, this.#queue.pending)]);
    this.#notices.push(...moved.told);
  }

  #land(): void {
    this.#answer = null;
    this.#queue.land();
  }
}
