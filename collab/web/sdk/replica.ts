/**
 * The editing core: one content as the server has confirmed it, and what was edited here on top of that.
 *
 * No I/O and no clock. One edit is in flight at a time; the others wait and are kept moved over what comes in. An
 * edit stays in flight until it is both answered and in its place among the confirmed versions, in whichever order
 * the two come. It is sent with the version that its author saw, from which on the server finds what it overwrites,
 * and with the version that it has been moved to, on which its texts are counted. The shape is that of Jupiter's
 * client, as in CodeMirror's and ProseMirror's collab modules.
 */

import { opsBetween } from "./difference";
import { Document, Draft } from "./document";
import { Foresight, Past } from "./foresight";
import { newId } from "./ids";
import type { Notice } from "./events";
import type { Done } from "./letters";
import { OwnWrites, toldByAnswer, tooLate } from "./notice";
import {
  applied,
  awake,
  correction,
  isIdle,
  joined,
  type KeptPending,
  type Pending,
  placesSet,
  revived,
  standing,
  valuesSeen,
} from "./pending";
import { cut, type Request, requestOf } from "./request";
import { transform } from "./transform";
import type { Edit, EditAnswer, Op, Problem } from "./types";
import { UndoStacks } from "./undo";

export interface Saved {
  confirmed: ReturnType<Document["toJson"]>;
  lastEdit?: string | null;
  pending: Pending[];
  /** The edits up to `confirmed` that it takes to tell what undos among the pending come to. */
  past?: readonly Done[];
}

/** The same as a device keeps it, which may have been written by an older version of this. */
type Kept = Omit<Saved, "pending"> & { pending: readonly KeptPending[] };

export interface EditOptions {
  /** The document that the author saw last, where a draft has hidden what came since. */
  seen?: Document | undefined;
  /** Refused (`conflict`) instead of replacing a value that somebody else has set meanwhile. */
  isUnchangedExpected?: boolean | undefined;
}

export class Replica {
  readonly stacks = new UndoStacks();
  #confirmed: Document;
  #lastEdit: string | null;
  #pending: Pending[];
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
    this.#pending = pending.map(revived);
    this.#view = applied(confirmed, this.#pending);
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
    return awake(this.#pending);
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
    // What was undone before it was sent never will be.
    this.#pending = [...awake(this.#pending)];
    const last = this.#pending.at(-1);
    const mayJoin = this.mayGrow && last?.sent === null && last.target === null && !last.expected && !isUnchangedExpected;
    const grown = mayJoin && this.stacks.isIn(group) ? joined(last.ops, ops) : null;
    if (last && grown) {
      last.ops = grown;
    } else {
      const expected = isUnchangedExpected ? valuesSeen(ops, view) : null;
      this.#pending.push({ ...this.#made(editId, ops), madeOn: this.#seenOn(ops, seen?.version), expected });
    }
    this.stacks.made({ editId: this.#pending.at(-1)!.editId, group });
  }

  /** Takes back the newest group of our own edits, or what was last taken back. */
  step(side: "undo" | "redo", newId: () => string): void {
    for (const { editId, group } of this.stacks.takeGroup(side)) {
      const last = this.#pending.at(-1);
      if (last && last.target !== null && last.editId === editId && !last.wasSent) {
        // An undo that was never sent is taken back as if it had not been made.
        this.#pending.pop();
        this.stacks.did(side, { editId: last.target, group });
      } else {
        const undo = { ...this.#made(newId(), []), target: editId };
        this.#pending.push(undo);
        this.stacks.did(side, { editId: undo.editId, group });
      }
    }
    this.#transformPending([]);
  }

  /** What to send now, in a message of at most `maxBytes`: the oldest pending edit, or as much of it as fits. */
  next(roomId: string, maxBytes = Infinity): Request | null {
    for (;;) {
      const [first] = this.pending;
      if (!first || first.sent) return null;
      this.#cut(first, cut(first, roomId, this.#confirmed, maxBytes));
      first.wasSent = true;
      const request = requestOf(first, roomId, this.#confirmed, maxBytes);
      if (!request.refusal || !this.#undoOf(first.editId)) return request;
      // It can't be stored, and its author has taken it back: nothing is left to be told.
      this.#forget(first.editId);
      this.#takeOut(first);
      this.#land();
    }
  }

  /** What to send again after the connection broke: word for word what was in flight, where its answer is missing. */
  again(roomId: string, maxBytes = Infinity): Request | null {
    const flight = this.#flight;
    return flight && !this.#answer ? requestOf(flight, roomId, this.#confirmed, maxBytes) : null;
  }

  /** Takes the answer to the edit in flight. */
  answer(answer: EditAnswer): void {
    const flight = this.#flight;
    if (flight?.editId !== answer.edit_id || this.#answer) return;
    this.#answer = answer;
    this.#notices.push(...toldByAnswer(answer, flight, this.#view));
    if (answer.ops.length === 0) this.#forget(flight.editId);
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
    const flight = this.#flight;
    if (!flight || this.#answer) return;
    if (error.code === "version_unknown" && flight.target === null && !flight.isInPlace) {
      // The server finds what it has stored by its `edit_id` before it looks at a version: it has not stored this.
      flight.madeOn = flight.sent = null;
    } else {
      if (!flight.isInPlace) {
        const ops = flight.target === null ? (flight.sent?.ops ?? []) : [];
        this.#notices.push({ type: "refused", editId: flight.editId, error, ops });
        this.#forget(flight.editId);
      }
      this.#takeOut(flight);
      this.#land();
    }
    this.#resetLate();
    this.#settle();
  }

  /** Nothing of what is pending will be stored, or its answer will not be heard: it is told as one, and taken back. */
  abandon(error: Problem): void {
    const lost = this.#pending.filter(({ target, isInPlace }) => target === null && !isInPlace);
    const ops = lost.flatMap((entry) => entry.ops);
    if (lost[0]) this.#notices.push({ type: "refused", editId: lost[0].editId, error, ops });
    for (const { editId } of this.#pending) this.stacks.forget(editId);
    this.#answer = null;
    this.#pending = [];
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
    const flight = this.#flight;
    let before = this.#confirmed;
    if (flight && !flight.isInPlace) {
      if (!this.#answer) {
        this.#late = { document, lastEdit };
        return;
      }
      if (this.#answer.version <= document.version) {
        before = applied(before, [flight]);
        flight.ops = [];
        flight.isInPlace = true;
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
    if (this.#flight?.isInPlace) this.#land();
    for (const entry of this.#pending) entry.sent = entry.madeOn = null;
    const lost = this.#ownWrites.lost(this.#confirmed, document);
    this.#replace(this.#confirmed, document, lastEdit);
    this.#notices.push(...lost);
  }

  get #flight(): Pending | undefined {
    const first = this.#pending[0];
    return first?.sent ? first : undefined;
  }

  #made(editId: string, ops: Op[]): Pending {
    return { editId, target: null, undoes: null, ops, madeOn: this.#confirmed.version, expected: null, sent: null, isInPlace: false };
  }

  /** Makes several edits of the first one, where its ops came in pieces, and as many of its undo. */
  #cut(first: Pending, [ops = first.ops, ...rest]: Op[][]): void {
    if (rest.length === 0) return;
    first.ops = ops;
    const pieces = [first, ...rest.map((more) => ({ ...this.#made(newId(), more), madeOn: first.madeOn }))];
    this.#putInstead(first, pieces);
    const undo = this.#undoOf(first.editId);
    if (!undo) return;
    const undos = pieces.slice(1).map(({ editId }) => ({ ...this.#made(newId(), []), target: editId }));
    this.#putInstead(undo, [...undos.reverse(), undo]);
    this.#transformPending([]);
  }

  #putInstead(entry: Pending, pieces: Pending[]): void {
    this.#pending.splice(this.#pending.indexOf(entry), 1, ...pieces);
    this.stacks.cut(entry.editId, pieces.map(({ editId }) => editId));
  }

  #undoOf(editId: string): Pending | undefined {
    return this.#pending.find(({ target, sent }) => target === editId && sent === null);
  }

  /** The version whose values the author of these ops saw: under their own pending ones, what came since is hidden. */
  #seenOn(ops: readonly Op[], seenOn = this.#confirmed.version): number {
    const places = placesSet(ops);
    const edits = this.#pending.filter(({ target }) => target === null);
    const hiding = edits.filter((entry) => [...placesSet(entry.ops)].some((place) => places.has(place)));
    // A draft may be older than the history that is known now, as after a backup was restored.
    return Math.min(seenOn, this.#confirmed.version, ...hiding.flatMap(({ madeOn }) => madeOn ?? []));
  }

  /** Puts in place what has arrived and is next; lets the edit in flight land once it is done. */
  #settle(): void {
    const flight = this.#flight;
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
    const flight = this.#flight;
    if (edit.edit_id === flight?.editId) {
      this.#putInPlace(flight, edit.version, edit.ops);
      return;
    }
    const overwritten: Notice[] = [];
    if (edit.author.id === this.userId) this.#ownWrites.stored(edit.version, edit.ops);
    else overwritten.push(...this.#ownWrites.overwritten(edit, this.#confirmed));
    const before = this.#confirmed;
    const { edit_id: editId, ops, undoes = null } = edit;
    this.#confirmed = this.#past.add(before, { editId, ops, undoes: undoes ?? null }, edit.version);
    this.#lastEdit = edit.edit_id;
    this.#transformPending(edit.ops, (ops) => this.#notices.push({ type: "edited", edit, ops }, ...overwritten));
  }

  /** The edit in flight got its version. */
  #putInPlace(flight: Pending, version: number, ops: readonly Op[]): void {
    const over = correction(this.#confirmed, flight.ops, ops);
    flight.ops = [];
    flight.isInPlace = true;
    const undoes = flight.undoes ?? flight.target;
    this.#confirmed = this.#past.add(this.#confirmed, { editId: flight.editId, ops, undoes }, version);
    this.#lastEdit = flight.editId;
    this.#transformPending(over);
    this.#ownWrites.stored(version, ops);
    for (const entry of this.#pending) {
      // The author saw all that came before this edit of theirs, and the edit itself while it was pending.
      if (entry.sent === null && entry.madeOn === version - 1) entry.madeOn = version;
    }
  }

  /** Takes the edit in flight out of the view, where it is not stored. */
  #takeOut(flight: Pending): void {
    const over = correction(this.#confirmed, flight.ops, []);
    flight.ops = [];
    flight.isInPlace = true;
    this.#transformPending(over);
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
    const before = this.#view;
    const flight = this.#flight;
    const dropped: Notice[] = [];
    let left = [...over];
    const moving = this.#pending.filter(({ isInPlace }) => !isInPlace);
    const told = new Set(standing(this.#pending));
    const isForetelling = moving.some(({ target }) => target !== null);
    const foresight = isForetelling ? new Foresight(this.#confirmed, this.#past) : null;
    for (const entry of moving) {
      const { ours, theirs, lost } = transform(entry.ops, left);
      entry.ops = ours;
      left = foresight ? [...theirs, ...foresight.follow(entry)] : theirs;
      // The answer tells of the edit in flight, and of an undo. Nobody is told of what is taken back already.
      if (entry === flight || entry.target !== null || !told.has(entry)) continue;
      for (const { op, reason } of lost) dropped.push({ type: "dropped", editId: entry.editId, op, reason, before });
    }
    tell?.(left);
    this.#notices.push(...dropped);
    for (const idle of this.#pending.filter((entry) => entry !== flight && isIdle(entry))) this.#remove(idle);
    this.#view = applied(this.#confirmed, this.#pending);
  }

  #remove(entry: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== entry);
    this.#forget(entry.editId);
  }

  /** An edit that is not stored: neither it nor its undo can be undone. */
  #forget(editId: string): void {
    this.stacks.forget(editId);
    const undo = this.#undoOf(editId);
    if (undo) this.#remove(undo);
  }

  #land(): void {
    this.#answer = null;
    this.#pending = this.#pending.slice(1);
    this.#view = applied(this.#confirmed, this.#pending);
  }
}
