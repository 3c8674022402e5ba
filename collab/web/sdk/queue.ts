/**
 * The queue: one's own edits and undos that are not done yet, in the order in which they were made.
 *
 * One at most is in flight, ahead of all that waits. What waits can still change: it grows while its author types on,
 * it is moved over what comes in, what is too large is cut, and what was never sent is taken back as if it had not been
 * made. What is in flight is sent again as it was sent: only how it looks here is moved.
 */

import type { Document } from "./document";
import type { Notice } from "./events";
import { Foresight, type Past } from "./foresight";
import { newId } from "./ids";
import { awake, isIdle, joined, type Pending, pendingOf, placesSet, standing } from "./pending";
import { transform } from "./transform";
import type { Op, Problem } from "./types";
import { type KeptSteps, UndoStacks } from "./undo";

export class Queue {
  readonly stacks: UndoStacks;
  #pending: Pending[];

  constructor(pending: readonly Pending[] = [], steps?: KeptSteps) {
    this.#pending = [...pending];
    this.stacks = new UndoStacks(steps);
  }

  /** What of the stacks holds for whoever knows no more than what is stored, or is to be sent. */
  get steps(): KeptSteps {
    const awake = new Set(this.awake);
    const asleep = this.#pending.filter((entry) => !awake.has(entry));
    return this.stacks.save(new Set(asleep.map(({ editId }) => editId)));
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Those that are to be sent, or were. */
  get awake(): readonly Pending[] {
    return awake(this.#pending);
  }

  /** What has been sent and is not done. */
  get flight(): Pending | undefined {
    const first = this.#pending[0];
    return first?.sent ? first : undefined;
  }

  /** Takes in an edit. With `mayJoin` it becomes part of the one before it, where it goes on with that one's text. */
  add(edit: Pending, group: string, mayJoin: boolean): void {
    // What was undone before it was sent never will be.
    this.#pending = [...this.awake];
    const last = this.#pending.at(-1);
    const both = mayJoin && last?.sent === null && this.stacks.isIn(group) ? joined(last, edit) : null;
    if (last && both) last.ops = both;
    else this.#pending.push({ ...edit, madeOn: this.#seenOn(edit) });
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
        const undo = pendingOf(newId(), { target: editId });
        this.#pending.push(undo);
        this.stacks.did(side, { editId: undo.editId, group });
      }
    }
  }

  /**
   * Makes several edits of the first one, where its ops came in pieces, and as many of its undo; returns whether it did.
   * What the undos come to, `transform` finds.
   */
  cut(first: Pending, [ops = first.ops, ...rest]: Op[][]): boolean {
    if (rest.length === 0) return false;
    first.ops = ops;
    const pieces = [first, ...rest.map((more) => pendingOf(newId(), { ops: more, madeOn: first.madeOn }))];
    this.#putInstead(first, pieces);
    const undo = this.undoOf(first.editId);
    if (undo) {
      const undos = pieces.slice(1).map(({ editId }) => pendingOf(newId(), { target: editId }));
      this.#putInstead(undo, [...undos.reverse(), undo]);
    }
    return true;
  }

  /** What is in flight is done. */
  land(): void {
    this.#pending = this.#pending.slice(1);
  }

  /** What is in flight waits again, to be made anew: the version that its author saw, the server does not know. */
  putBack(): void {
    const flight = this.flight;
    if (flight?.isInPlace) this.land();
    else if (flight) flight.madeOn = flight.sent = null;
  }

  /** Nothing of it will be stored, or its answer will not be heard: it is told as one, and not pending any more. */
  abandon(error: Problem): Notice[] {
    const lost = this.#pending.filter(({ target, isInPlace }) => target === null && !isInPlace);
    const ops = lost.flatMap((entry) => entry.ops);
    for (const { editId } of this.#pending) this.stacks.forget(editId);
    this.#pending = [];
    return lost[0] ? [{ type: "refused", editId: lost[0].editId, error, ops }] : [];
  }

  undoOf(editId: string): Pending | undefined {
    return this.#pending.find(({ target, sent }) => target === editId && sent === null);
  }

  /**
   * An edit that is not stored: neither it nor its undo can be undone. Its undo goes with the next `transform`, which
   * takes it out of what was made on top of it.
   */
  forget(editId: string): void {
    this.stacks.forget(editId);
    const undo = this.undoOf(editId);
    if (!undo || undo.isVoid) return;
    undo.isVoid = true;
    this.forget(undo.editId);
  }

  /**
   * What is in flight has this version. Who made the next edit saw all that came before it, and the edit itself while it
   * was pending.
   */
  follow(version: number): void {
    for (const entry of this.#pending) if (entry.sent === null && entry.madeOn === version - 1) entry.madeOn = version;
  }

  /**
   * Moves all that is pending over ops that are confirmed by now. Returns those as they change the view, which was
   * `before`, and what there is to tell.
   */
  transform(over: readonly Op[], confirmed: Document, past: Past, before: Document): { over: Op[]; told: Notice[] } {
    const flight = this.flight;
    const told: Notice[] = [];
    let left = [...over];
    const moving = this.#pending.filter(({ isInPlace }) => !isInPlace);
    const toldOf = new Set(standing(this.#pending));
    const isForetelling = moving.some(({ target }) => target !== null);
    const foresight = isForetelling ? new Foresight(confirmed, past) : null;
    for (const entry of moving) {
      const { ours, theirs, lost } = transform(entry.ops, left);
      entry.ops = ours;
      left = foresight ? [...theirs, ...foresight.follow(entry)] : theirs;
      if (entry !== flight && isIdle(entry)) this.forget(entry.editId);
      // The answer tells of the edit in flight, and of an undo. Nobody is told of what is taken back already.
      if (entry === flight || entry.target !== null || !toldOf.has(entry)) continue;
      for (const { op, reason } of lost) told.push({ type: "dropped", editId: entry.editId, op, reason, before });
    }
    this.#pending = this.#pending.filter((entry) => entry === flight || !isIdle(entry));
    return { over: left, told };
  }

  /** The version whose values the author of an edit saw: under their own pending ones, what came since is hidden. */
  #seenOn(edit: Pending): number {
    const places = placesSet(edit.ops);
    const edits = this.#pending.filter(({ target }) => target === null);
    const hiding = edits.filter(({ ops }) => [...placesSet(ops)].some((place) => places.has(place)));
    return Math.min(...[edit, ...hiding].flatMap(({ madeOn }) => madeOn ?? []));
  }

  #putInstead(entry: Pending, pieces: Pending[]): void {
    this.#pending.splice(this.#pending.indexOf(entry), 1, ...pieces);
    this.stacks.cut(entry.editId, pieces.map(({ editId }) => editId));
  }
}
