/**
 * Entries that are copied or moved to another content of their kind: one edit there, and once that is stored one here.
 * What is on its way is in both for a moment, and never in neither.
 */

import { type Document, type Item, newId, type Op, type Rest } from "../react";
import { positionBetween } from "../sdk/document";
import { titleOf } from "./kinds";
import type { OpenContents } from "./openContents";

export interface Load {
  from: Document;
  items: readonly Item[];
  isMove: boolean;
}

/** Takes entries to a content that there is. Returns how that is taken back. */
export async function carry(contents: OpenContents, load: Load, to: string): Promise<() => Promise<void>> {
  const copies = load.items.map((item) => ({ ...item, id: newId() }));
  await contents.edit(to, (there) => insertsAtTheEnd(there, copies));
  await takeAway(contents, load);
  return async () => {
    await putBack(contents, load);
    await contents.edit(to, (there) => removes(there, copies));
  };
}

/** Takes entries to a content that is made for them. */
export async function carryToNew(
  contents: OpenContents,
  load: Load,
  rest: Rest,
  title: string,
): Promise<{ id: string; takeBack: () => Promise<void> }> {
  const { bandId, kind } = load.from;
  const items = load.items.map(({ type, position, fields }) => ({ type, position, fields }));
  const { id } = await rest.createContent(bandId, kind, title, { items });
  await takeAway(contents, load);
  const takeBack = async (): Promise<void> => {
    await putBack(contents, load);
    await rest.archive(id);
  };
  return { id, takeBack };
}

/** What is carried, in words. */
export function wordsFor(items: readonly Item[]): string {
  return items.length === 1 ? `“${titleOf(items[0]!)}”` : `${items.length} entries`;
}

async function takeAway(contents: OpenContents, { from, items, isMove }: Load): Promise<void> {
  if (isMove) await contents.edit(from.id, (here) => removes(here, items));
}

/** An id is for one item: what comes back has another. */
async function putBack(contents: OpenContents, { from, items, isMove }: Load): Promise<void> {
  if (isMove) await contents.edit(from.id, () => items.map((item) => ({ op: "insert", item: { ...item, id: newId() } })));
}

const removes = (document: Document, items: readonly Item[]): Op[] =>
  items.filter(({ id }) => document.items.has(id)).map(({ id }) => ({ op: "remove", item: id }));

function insertsAtTheEnd(document: Document, items: readonly Item[]): Op[] {
  let last = document.ordered.at(-1)?.position;
  return items.map((item) => ({ op: "insert", item: { ...item, position: (last = positionBetween(last, undefined)) } }));
}
