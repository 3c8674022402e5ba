/** Edits in words that a musician reads. */

import { type Document, type Edit, type Op } from "../sdk";
import { Draft } from "../sdk/document";
import { fieldWord, shown } from "./format";

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
export function changesOf(base: Document, edits: readonly Edit[]): Change[] {
  const changes: (Change & { place: string })[] = [];
  let document = base;
  for (const edit of edits) {
    const words = wordsOf(document, edit);
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

function wordsOf(document: Document, edit: Edit): string {
  const said = edit.ops.slice(0, MOST).map((op) => say(document, op));
  const more = edit.ops.length - said.length;
  const words = said.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return edit.undoes ? `took back: ${words}` : words;
}

function say(document: Document, op: Op): string {
  switch (op.op) {
    case "insert":
      return op.item.type === "break" ? "added a break" : `added “${titleOf(op.item.fields.title)}”`;
    case "remove":
      return `took out “${titleOf(document.value(op.item, "title"))}”`;
    case "move": {
      const draft = new Draft(document);
      draft.apply(op);
      const at = (one: Document): number => one.ordered.findIndex(({ id }) => id === op.item) + 1;
      return `moved “${titleOf(document.value(op.item, "title"))}” from ${at(document)} to ${at(draft.finish())}`;
    }
    case "text":
      return `wrote in the ${of(document, op.item, op.field)}`;
    case "set": {
      const before = document.value(op.item, op.field);
      const from = before === undefined ? "" : ` from ${shown(op.field, before)}`;
      if (op.value === null) return `cleared the ${of(document, op.item, op.field)}`;
      return `set the ${of(document, op.item, op.field)}${from} to ${shown(op.field, op.value)}`;
    }
  }
}

function of(document: Document, item: string | null, field: string): string {
  return item === null ? fieldWord(field) : `${fieldWord(field)} of “${titleOf(document.value(item, "title"))}”`;
}

const titleOf = (title: unknown): string => (typeof title === "string" && title ? title : "an entry");
