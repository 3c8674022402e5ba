/** What a user may take back and bring back: their own edits of one content, newest last, in groups that go together. */

import { placeOf } from "./document";
import type { Op } from "./types";

/** An edit, or an undo, that can be undone; `group` tells it from those that are not undone with it. */
export interface Step {
  editId: string;
  group: string;
}

/** What a device keeps of it, the newest last. */
export interface KeptSteps {
  done: readonly Step[];
  undone: readonly Step[];
}

/** How many of the latest can be taken back. */
const MAX_STEPS = 1_000;

/** What is written in one field with no longer pause is taken back together. */
const GROUP_MS = 1_000;

/** How many of the latest a device keeps, and for how long: what is older is read in the history. */
const KEPT_STEPS = 200;
const KEPT_MS = 3_600_000;

/** Undoing an edit makes an edit, which undone is the redo: both are asked for by `undo_edit`. */
export class UndoStacks {
  #done: Step[];
  #undone: Step[];

  constructor({ done, undone }: KeptSteps = { done: [], undone: [] }) {
    this.#done = [...done];
    this.#undone = [...undone];
  }

  /** What a device is to keep: not of edits that were taken back before they were sent, which nobody else knows. */
  save(unknown: ReadonlySet<string>): KeptSteps {
    const kept = (steps: readonly Step[]): Step[] => steps.filter(({ editId }) => !unknown.has(editId)).slice(-KEPT_STEPS);
    return { done: kept(this.#done), undone: kept(this.#undone) };
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** The user has made an edit, or gone on with one; what they had undone before can't be brought back any more. */
  made(step: Step): void {
    if (this.#done.at(-1)?.editId !== step.editId) this.did("redo", step);
    this.#undone = [];
  }

  /** Whether the latest edit is of this group. */
  isIn(group: string): boolean {
    return this.#done.at(-1)?.group === group;
  }

  /** Takes off the steps that are to be undone, or redone, together, in that order. */
  takeGroup(side: "undo" | "redo"): Step[] {
    const steps = side === "undo" ? this.#done : this.#undone;
    const group = steps.at(-1)?.group;
    const taken: Step[] = [];
    while (steps.length > 0 && steps.at(-1)?.group === group) taken.push(steps.pop()!);
    return taken;
  }

  /** A step was taken, and can be taken back itself. */
  did(side: "undo" | "redo", step: Step): void {
    const steps = side === "undo" ? this.#undone : this.#done;
    steps.push(step);
    if (steps.length > MAX_STEPS) steps.shift();
  }

  /** An edit or undo became several, itself among them, in this order. They are taken back together. */
  cut(editId: string, pieces: readonly string[]): void {
    const cut = (step: Step): Step[] =>
      step.editId === editId ? pieces.map((piece) => ({ ...step, editId: piece })) : [step];
    this.#done = this.#done.flatMap(cut);
    this.#undone = this.#undone.flatMap(cut);
  }

  /** An edit will never be stored: nothing is left to undo. */
  forget(editId: string): void {
    this.#done = this.#done.filter((step) => step.editId !== editId);
    this.#undone = this.#undone.filter((step) => step.editId !== editId);
  }
}

/** What of the kept steps can still be taken back. */
export function recentSteps({ done, undone }: KeptSteps, now_ms: number): KeptSteps {
  const recent = (steps: readonly Step[]): Step[] => steps.filter(({ group }) => now_ms - Number.parseInt(group, 10) < KEPT_MS);
  return { done: recent(done), undone: recent(undone) };
}

/** Names the groups of edits as they are made, by the time in ms since 1970: no two are the same over a reload. */
export class Groups {
  #count = 0;
  #last: { group: string; place: string; at_ms: number } | null = null;

  /** The group of an edit that is made now. */
  of(ops: readonly Op[], now_ms: number): string {
    const last = this.#last;
    this.#last = null;
    const [op] = ops;
    if (ops.length !== 1 || (op?.op !== "text" && op?.op !== "set")) return this.#next(now_ms);
    const place = placeOf(op.item, op.field);
    const goesOn = last?.place === place && now_ms - last.at_ms < GROUP_MS;
    const group = goesOn ? last.group : this.#next(now_ms);
    this.#last = { group, place, at_ms: now_ms };
    return group;
  }

  /** What comes next begins a group of its own. */
  end(): void {
    this.#last = null;
  }

  #next(now_ms: number): string {
    this.#count += 1;
    return `${now_ms} ${this.#count}`;
  }
}
