/** Edits in words that a musician reads. */

import type { Document, Edit, Op, Value } from "../sdk";
import { Draft } from "../sdk/document";
import { fieldWord } from "./format";
import { type Kinds, titleOf } from "./kinds";

export interface Change {
  /** The version after it. */
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
    const words = wordsOf(document, edit, kinds);
    const place = placeOf(edit);
    const last = changes.at(-1);
    const isMore = last !== undefined && place !== "" && place === last.place && near(last.at, edit.at);
    const change = { version: edit.version, author: edit.author.name, words, at: edit.at, place };
    if (isMore) changes[changes.length - 1] = change;
    else changes.push(change);
    const draft = new Draft(document);
    for (const op of edit.ops) draft.apply(op);
    document = draft.finish(edit.version);
  }
  return changes;
}

function placeOf(edit: Edit): string {
  const [op] = edit.ops;
  return edit.ops.length === 1 && op?.op === "text" && !edit.undoes ? `${edit.author.id} ${op.item} ${op.field}` : "";
}

const near = (a: string, b: string): boolean => Date.parse(b) - Date.parse(a) < TOGETHER_MS;

const MOST = 3;

function wordsOf(document: Document, edit: Edit, kinds: Kinds): string {
  const said = edit.ops.slice(0, MOST).map((op) => say(document, op, kinds));
  const more = edit.ops.length - said.length;
  const words = said.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return edit.undoes ? `took back: ${words}` : words;
}

function say(document: Document, op: Op, kinds: Kinds): string {
  const types = kinds.itemsOf(document.kind);
  const title = (id: string): string => {
    const item = document.items.get(id);
    return item ? `“${titleOf(item, types[item.type])}”` : "an entry";
  };
  switch (op.op) {
    case "insert":
      return op.item.type === "break" ? "added a break" : `added “${titleOf(op.item, types[op.item.type])}”`;
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
      const place = op.item === null ? fieldWord(op.field) : `${fieldWord(op.field)} of ${title(op.item)}`;
      if (op.op === "text") return `wrote in the ${place}`;
      if (op.value === null) return `cleared the ${place}`;
      const before = document.value(op.item, op.field);
      const { type } = kinds.typeOf(document, op.item, op.field);
      const shown = (value: Value): string => {
        const words = kinds.shown(document, op.item, op.field, value);
        return type === "line" || type === "text" ? `“${words}”` : words;
      };
      return `set the ${place}${before === undefined ? "" : ` from ${shown(before)}`} to ${shown(op.value)}`;
    }
  }
}
