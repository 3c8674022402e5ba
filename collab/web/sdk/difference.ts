/**
 * The ops that lead from one document to another, where the edits in between are not known: a client was away for too
 * long. The server does the same in collab/domain/ot/difference.py, and knows there which fields are texts.
 */

import type { Document } from "./document";
import * as text from "./text";
import { isSame } from "./transform";
import type { Fields, Op, Value } from "./types";

/**
 * Ops that lead from one document to another.
 *
 * A changed text is one delta between what both have in common at its start and its end: coarser than the edits were,
 * so that what is pending in it may end up beside where it was typed, and is never lost.
 */
export function opsBetween(before: Document, after: Document): Op[] {
  const found = fieldOps(null, before.fields, after.fields);
  for (const id of before.items.keys()) if (!after.items.has(id)) found.push({ op: "remove", item: id });
  for (const { id, position } of after.items.values()) {
    const was = before.items.get(id);
    if (was && was.position !== position) found.push({ op: "move", item: id, position });
  }
  for (const item of after.items.values()) {
    const was = before.items.get(item.id);
    if (was) found.push(...fieldOps(item.id, was.fields, item.fields));
    else found.push({ op: "insert", item });
  }
  return found;
}

function fieldOps(item: string | null, before: Fields, after: Fields): Op[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((field): Op[] => {
    const [old, now] = [before[field] ?? null, after[field] ?? null];
    if (isSame(old, now)) return [];
    if (!isText(old) || !isText(now)) return [{ op: "set", item, field, value: now }];
    return [{ op: "text", item, field, delta: text.replace(old ?? "", now ?? "") }];
  });
}

const isText = (value: Value): value is string | null => value === null || typeof value === "string";
