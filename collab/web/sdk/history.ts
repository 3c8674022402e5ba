/** Undo and redo: for each own edit what takes it back, moved along as others edit. */

import { target as targetOf, transform } from "./transform";
import type { Op } from "./types";

/** How to take one edit back: by asking the server to undo it, or, where it was never sent, by an edit of its own. */
export interface Step {
  /** The edit to undo; null where there is nothing on the server to undo. */
  target: string | null;
  /** What that does, as far as is known here: applied to what is seen now, it takes the edit back. */
  ops: Op[];
  /** Steps of one group go together: letters typed in a row. */
  group: string;
}

const MAX_STEPS = 300;

export class History {
  #undo: Step[] = [];
  #redo: Step[] = [];

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** A new edit was made. What was undone before can't be redone any more. */
  made(step: Step): void {
    this.#redo = [];
    this.#push(this.#undo, step);
  }

  /** The newest edit grew: it takes more to undo it. */
  grown(target: string, inverse: readonly Op[]): void {
    this.#redo = [];
    const step = this.#undo.at(-1);
    if (step?.target === target) step.ops = [...inverse, ...step.ops];
  }

  /** An edit became several, each with its own items: all are taken back together. */
  cut(target: string, pieces: readonly { editId: string; ops: readonly Op[] }[]): void {
    const at = this.#undo.findIndex((step) => step.target === target);
    const whole = this.#undo[at];
    if (!whole) return;
    const taken = pieces.map(({ editId, ops }): Step => {
      const items = new Set(ops.map(targetOf));
      return { ...whole, target: editId, ops: whole.ops.filter((op) => items.has(targetOf(op))) };
    });
    const others = new Set(taken.flatMap(({ ops }) => ops));
    this.#undo.splice(at, 1, { ...whole, ops: whole.ops.filter((op) => !others.has(op)) }, ...taken);
  }

  /** Takes the newest step off, to be carried out; `done` says what would reverse that. */
  take(side: "undo" | "redo"): Step | undefined {
    return (side === "undo" ? this.#undo : this.#redo).pop();
  }

  peekGroup(side: "undo" | "redo"): string | undefined {
    return (side === "undo" ? this.#undo : this.#redo).at(-1)?.group;
  }

  done(side: "undo" | "redo", step: Step): void {
    this.#push(side === "undo" ? this.#redo : this.#undo, step);
  }

  /** Moves every step over ops that somebody else made, as they follow all that is seen here. */
  move(theirs: readonly Op[]): void {
    for (const steps of [this.#undo, this.#redo]) {
      let left: readonly Op[] = theirs;
      for (let index = steps.length - 1; index >= 0 && left.length > 0; index -= 1) {
        const step = steps[index]!;
        const moved = transform(step.ops, left, true);
        step.ops = moved.ours;
        left = moved.theirs;
      }
    }
  }

  /** An edit will never be stored: nothing is left to undo. */
  forget(target: string): void {
    this.#undo = this.#undo.filter((step) => step.target !== target);
    this.#redo = this.#redo.filter((step) => step.target !== target);
  }

  #push(steps: Step[], step: Step): void {
    steps.push(step);
    if (steps.length > MAX_STEPS) steps.shift();
  }
}
