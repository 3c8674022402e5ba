/**
 * A text field replayed with an identity for each letter, so that an edit can be taken out of it exactly. The theory
 * is told where the server does the same, in collab/domain/ot/letters.py: both come to the same deltas.
 */

import * as text from "./text";
import type { Delta, Item, Op, SetOp, TextOpOf, Value } from "./types";

/** What there is to know of an edit for it to be undone, whether it is stored yet or not. */
export interface Done {
  editId: string;
  ops: readonly Op[];
  /** What takes it back, in the order to apply. */
  inverse: readonly Op[];
  undoes: string | null;
}

export interface Place {
  item: string | null;
  field: string;
}

/** An op: the id of its edit, and its index there. */
export type Cause = string;

/** Letters in a row that share one history: the op that typed them, and those that deleted them. */
interface Run {
  text: string;
  maker: Cause | null;
  hiders: readonly Cause[];
  shows: boolean;
}

/** How many runs are looked at for one field; the server looks at as many. */
const MAX_RUNS = 1_000_000;

/** What would take too long to be told here. */
export class TooMuch extends Error {}

export class Letters {
  readonly #layers: Run[][];
  readonly #off = new Set<Cause>();
  readonly #writtenIn = new Map<Cause, Run[]>();
  readonly #laidOn = new Map<Cause, Run[]>();
  readonly #causes = new Map<string, Cause[]>();
  #lookedAt = 0;

  /** A text field at the end of a history; `value` is what it holds there, `named` are the edits that undos take back. */
  constructor(
    readonly place: Place,
    history: readonly Done[],
    value: Value,
    readonly named: ReadonlySet<string>,
  ) {
    this.#layers = [layerOf(valueBefore(place, history, value))];
    for (const edit of lasting(place, history, named)) this.#replay(edit);
  }

  /** The text that people see. */
  get shown(): string {
    return this.#top.map((run) => (run.shows ? run.text : "")).join("");
  }

  /** The causes of a named edit in this field, one for each of its ops there: of an undo, those it switched. */
  causes(editId: string): Cause[] {
    return [...(this.#causes.get(editId) ?? [])];
  }

  /** Switches a `text` op off, or on again. Returns what that changes; null where its text was replaced. */
  switch(cause: Cause): Delta | null {
    const layer = this.#writtenIn.get(cause);
    if (layer !== this.#top) return null;
    this.#count(layer);
    if (!this.#off.delete(cause)) this.#off.add(cause);
    const change: Delta = [];
    for (const run of layer) {
      const didShow = run.shows;
      if (run.maker === cause || run.hiders.includes(cause)) {
        run.shows = !(run.maker !== null && this.#off.has(run.maker)) && run.hiders.every((hider) => this.#off.has(hider));
      }
      if (didShow) change.push(run.shows ? text.length(run.text) : { d: text.length(run.text) });
      else if (run.shows) change.push(run.text);
    }
    return text.normalized(change);
  }

  /** Takes a `set` back with `op`: lifts it off, or lays another on where one lies upon it already. */
  setBack(cause: Cause, op: SetOp): void {
    if (!this.#isSwitched(cause, op)) this.#layers.push(layerOf(op.value));
  }

  /** The item is there again: mostly as it was, but for what a host's own tools bring back. */
  restore(item: Item): void {
    const value = item.fields[this.place.field];
    if (textOf(value) !== this.shown) this.#layers.push(layerOf(value));
  }

  get #top(): Run[] {
    return this.#layers.at(-1)!;
  }

  /** Lifts off what a `set` laid on, or lays it on again. False where another lies upon it. */
  #switchSet(cause: Cause): boolean {
    const layer = this.#laidOn.get(cause);
    if (layer && this.#off.delete(cause)) {
      this.#layers.push(layer);
      return true;
    }
    if (layer !== this.#top) return false;
    this.#layers.pop();
    this.#off.add(cause);
    return true;
  }

  #replay(edit: Done): void {
    let undone = edit.undoes === null ? [] : this.causes(edit.undoes);
    const causes: Cause[] = [];
    edit.ops.forEach((op, index) => {
      if ((op.op === "set" || op.op === "text") && isAt(op, this.place)) {
        const cause = undone.at(-1);
        if (cause !== undefined && this.#isSwitched(cause, op)) {
          undone.pop();
          causes.push(cause);
        } else {
          undone = [];
          causes.push(`${edit.editId}:${index}`);
          this.#write(causes.at(-1)!, op, this.named.has(edit.editId));
        }
      } else if (op.op === "insert" && op.item.id === this.place.item) {
        this.restore(op.item);
      }
    });
    if (this.named.has(edit.editId)) this.#causes.set(edit.editId, causes);
  }

  /** Replays an op of an undo as what it means, if that is what it did. */
  #isSwitched(cause: Cause, op: SetOp | TextOpOf): boolean {
    if (op.op === "text") {
      const delta = this.switch(cause);
      const isIt = delta !== null && JSON.stringify(delta) === JSON.stringify(op.delta);
      if (delta !== null && !isIt) this.switch(cause);
      return isIt;
    }
    if (!this.#switchSet(cause)) return false;
    if (this.shown === textOf(op.value)) return true;
    this.#switchSet(cause);
    return false;
  }

  #write(cause: Cause, op: SetOp | TextOpOf, isNamed: boolean): void {
    if (op.op === "set") this.#layers.push(layerOf(op.value));
    else this.#type(op.delta, isNamed ? cause : null);
    if (isNamed) (op.op === "set" ? this.#laidOn : this.#writtenIn).set(cause, this.#top);
  }

  #type(delta: Delta, cause: Cause | null): void {
    const layer = this.#top;
    this.#count(layer);
    let at = 0;
    for (const part of delta) {
      if (typeof part === "string") {
        layer.splice(at, 0, { text: part, maker: cause, hiders: [], shows: true });
        at += 1;
        continue;
      }
      let left = text.reach([part]);
      while (left > 0) {
        const run = layer[at]!;
        at += 1;
        if (!run.shows) continue;
        const length = text.length(run.text);
        if (length > left) layer.splice(at, 0, split(run, left));
        left -= Math.min(left, length);
        if (typeof part === "number") continue;
        if (cause === null) {
          at -= 1;
          layer.splice(at, 1);
        } else {
          run.hiders = [...run.hiders, cause];
          run.shows = false;
        }
      }
    }
    if (cause === null) runTogether(layer);
  }

  #count(layer: readonly Run[]): void {
    this.#lookedAt += layer.length;
    if (this.#lookedAt > MAX_RUNS) throw new TooMuch();
  }
}

export const isAt = (op: Place, place: Place): boolean => op.item === place.item && op.field === place.field;

const textOf = (value: Value): string => (typeof value === "string" ? value : "");

const layerOf = (value: Value): Run[] =>
  textOf(value) === "" ? [] : [{ text: textOf(value), maker: null, hiders: [], shows: true }];

/** Cuts a run short, and returns the rest. */
function split(run: Run, points: number): Run {
  const units = text.toUnits(run.text, points);
  const rest = { ...run, text: run.text.slice(units) };
  run.text = run.text.slice(0, units);
  return rest;
}

/** Lets letters run together that no undo tells apart. */
function runTogether(layer: Run[]): void {
  const isPlain = (run: Run): boolean => run.maker === null && run.hiders.length === 0;
  for (let at = layer.length - 1; at > 0; at -= 1) {
    const [before, run] = [layer[at - 1]!, layer[at]!];
    if (!isPlain(before) || !isPlain(run)) continue;
    before.text += run.text;
    layer.splice(at, 1);
  }
}

/** The edits of a history that count in a field: without those that the very next one undid, for good. */
function lasting(place: Place, history: readonly Done[], named: ReadonlySet<string>): Done[] {
  const kept: Done[] = [];
  for (const edit of history) {
    if (!edit.ops.some((op) => isAbout(op, place))) continue;
    const last = kept.at(-1);
    const isUndone = last?.editId === edit.undoes && JSON.stringify(edit.ops) === JSON.stringify(last?.inverse);
    if (isUndone && !named.has(edit.editId)) kept.pop();
    else kept.push(edit);
  }
  return kept;
}

function isAbout(op: Op, place: Place): boolean {
  if (op.op === "set" || op.op === "text") return isAt(op, place);
  return op.op === "insert" && op.item.id === place.item;
}

/** What a field held before a history, at whose end it holds `value`. */
function valueBefore(place: Place, history: readonly Done[], value: Value): Value {
  let before = value;
  for (const { inverse } of [...history].reverse()) {
    for (const op of inverse) {
      if (op.op === "set" && isAt(op, place)) before = op.value;
      else if (op.op === "text" && isAt(op, place)) before = text.apply(textOf(before), op.delta);
      else if (op.op === "insert" && op.item.id === place.item) before = op.item.fields[place.field];
    }
  }
  return before;
}
