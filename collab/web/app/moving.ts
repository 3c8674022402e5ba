/** Where entries go that are moved together. */

import type { Document, Op } from "../react";
import { positionBetween } from "../sdk/document";

/**
 * The ops that put entries where another one is, in the order that they have: after it where the one that is held was
 * before it, else before it. None where that one is moved with them.
 */
export function movedTo(document: Document, moving: ReadonlySet<string>, held: string, over: string): Op[] {
  if (moving.has(over)) return [];
  const { ordered } = document;
  const place = (id: string): number => ordered.findIndex((item) => item.id === id);
  const rest = ordered.filter(({ id }) => !moving.has(id));
  const there = rest.findIndex(({ id }) => id === over) + (place(held) < place(over) ? 1 : 0);
  const after = rest[there]?.position;
  let before = rest[there - 1]?.position;
  return ordered
    .filter(({ id }) => moving.has(id))
    .map(({ id }) => ({ op: "move", item: id, position: (before = positionBetween(before, after)) }));
}
