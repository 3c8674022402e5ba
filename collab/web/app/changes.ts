/** Edits in words that a musician reads. */

import type { Document, Edit, Op, Value } from "../sdk";
import { Draft } from "../sdk/document";
import { shownIn } from "./format";
import { type Kinds, titleOf } from "./kinds";
import { fieldWord } from "./words";

export interface Change {
  /** The version before it, and the one after it. */
  from: number;
  version: number;
  author: string;
  words: string;
  at: string;
}

/** Typing in one field within this time is one change. */
const TOGETHER_MS = 120_000;

/** What edits did to a document, oldest first; what somebody typed in a row is one change. */
export function changesOf(base: Document, edits: readonly Edit[], kinds: Kinds): Change[] {
  const changes: (Change & { place: string })[] = [];
  let document = base;
  for (const edit of edits) {
    const { after, inverse } = applied(document, edit);
    // What was taken back is told as it was done.
    const words = edit.undoes
      ? `took back: ${wordsOf(after, inverse, kinds)}`
      : (lineOf(after, edit.ops, kinds) ?? wordsOf(document, edit.ops, kinds));
    const place = placeOf(edit);
    const last = changes.at(-1);
    const isMore = last !== undefined && place !== "" && place === last.place && near(last.at, edit.at);
    const from = isMore ? last.from : edit.version - 1;
    const change = { from, version: edit.version, author: edit.author.name, words, at: edit.at, place };
    if (isMore) changes[changes.length - 1] = change;
    else changes.push(change);
    document = after;
  }
  return changes;
}

/** The document after an edit, and the ops that take it back, in the order to apply. */
function applied(document: Document, edit: Edit): { after: Document; inverse: Op[] } {
  const draft = new Draft(document);
  const inverse = edit.ops.flatMap((op) => draft.apply(op) ?? []).reverse();
  return { after: draft.finish(edit.version), inverse };
}

function placeOf(edit: Edit): string {
  const [op] = edit.ops;
  const isBack = edit.undoes ? "back" : "";
  return edit.ops.length === 1 && op?.op === "text" ? `${edit.author.id} ${isBack} ${op.item} ${op.field}` : "";
}

const near = (a: string, b: string): boolean => Date.parse(b) - Date.parse(a) < TOGETHER_MS;

const MOST = 3;

function wordsOf(document: Document, ops: readonly Op[], kinds: Kinds): string {
  const said = ops.slice(0, MOST).map((op) => say(document, op, kinds));
  const more = ops.length - said.length;
  return said.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function say(document: Document, op: Op, kinds: Kinds): string {
  const title = (id: string): string => titleIn(document, id, kinds);
  switch (op.op) {
    case "insert":
      return op.item.type === "break" ? "added a break" : `added “${titleOf(op.item, kinds.itemsOf(document.kind)[op.item.type])}”`;
    case "remove":
      return `took out ${title(op.item)}`;
    case "move": {
      const draft = new Draft(document);
      draft.apply(op);
      const at = (one: Document): number => one.ordered.findIndex(({ id }) => id === op.item) + 1;
      return `moved ${title(op.item)} from ${at(document)} to ${at(draft.finish())}`;
    }
    case "text":
    case "set": {
      const place = whereOf(document, op, kinds);
      const { type } = kinds.typeOf(document, op.item, op.field);
      if (op.op === "text") return `wrote in the ${place}`;
      if (op.value === null) return `cleared the ${place}`;
      const before = document.value(op.item, op.field);
      const shown = (value: Value): string => {
        const words = shownIn(kinds, document, op.item, op.field, value);
        return type === "line" || type === "text" ? `“${words}”` : words;
      };
      return `set the ${place}${before === undefined ? "" : ` from ${shown(before)}`} to ${shown(op.value)}`;
    }
  }
}

/** What a line says once somebody has typed in it: all of it, since it is short. Null for what is no typing in a line. */
function lineOf(after: Document, ops: readonly Op[], kinds: Kinds): string | null {
  const [op] = ops;
  if (ops.length !== 1 || op?.op !== "text" || kinds.typeOf(after, op.item, op.field).type !== "line") return null;
  const words = after.text(op.item, op.field);
  const place = whereOf(after, op, kinds);
  if (!words) return `cleared the ${place}`;
  return place.endsWith(`“${words}”`) ? `wrote the ${place}` : `wrote the ${place}: “${words}”`;
}

function whereOf(document: Document, { item, field }: { item: string | null; field: string }, kinds: Kinds): string {
  return item === null ? fieldWord(field) : `${fieldWord(field)} of ${titleIn(document, item, kinds)}`;
}

function titleIn(document: Document, id: string, kinds: Kinds): string {
  const item = document.items.get(id);
  return item ? `“${titleOf(item, kinds.itemsOf(document.kind)[item.type])}”` : "an entry";
}
