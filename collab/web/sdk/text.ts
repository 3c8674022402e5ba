/** Text deltas, counted in code points; the algebra is `ot-text-unicode`'s. */

import { type } from "ot-text-unicode";
import type { Delta } from "./types";

export type Side = "left" | "right";

export const apply = (text: string, delta: Delta): string => type.apply(text, delta);
export const compose = (first: Delta, second: Delta): Delta => type.compose(first, second);
export const transform = (delta: Delta, other: Delta, side: Side): Delta => type.transform(delta, other, side);

/** The well-formed delta of components that follow each other. */
export const normalized = (delta: Delta): Delta => type.normalize(delta);

/** The delta that takes the text after `delta` back to `before`. The library's own carries the deleted text. */
export function invert(delta: Delta, before: string): Delta {
  const kept = [...before];
  const inverse: Delta = [];
  let at = 0;
  for (const part of delta) {
    if (typeof part === "string") {
      inverse.push({ d: length(part) });
    } else if (typeof part === "number") {
      inverse.push(part);
      at += part;
    } else {
      const count = typeof part.d === "number" ? part.d : length(part.d);
      inverse.push(kept.slice(at, at + count).join(""));
      at += count;
    }
  }
  return type.normalize(inverse);
}

/** How far into the old text the delta reaches, in code points. */
export function reach(delta: Delta): number {
  return delta.reduce<number>((sum, part) => {
    if (typeof part === "string") return sum;
    return sum + (typeof part === "number" ? part : typeof part.d === "number" ? part.d : length(part.d));
  }, 0);
}

/** The number of code points. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The delta from `before` to `after` that leaves their common start and end alone.
 *
 * `caret`, in code points of `after`, is where the writer now stands: of several deltas with the same result
 * (an `o` typed into `foo`) it picks the one that ends there.
 */
export function replace(before: string, after: string, caret?: number): Delta {
  const old = [...before];
  const now = [...after];
  const grown = now.length - old.length;
  let most = Math.min(old.length, now.length);
  if (caret !== undefined && caret <= now.length) most = Math.min(most, grown > 0 ? Math.max(caret - grown, 0) : caret);
  let start = 0;
  while (start < most && old[start] === now[start]) start += 1;
  let end = 0;
  const rest = Math.min(old.length, now.length) - start;
  while (end < rest && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  const delta: Delta = [];
  if (start > 0) delta.push(start);
  if (now.length - end > start) delta.push(now.slice(start, now.length - end).join(""));
  if (old.length - end > start) delta.push({ d: old.length - end - start });
  return type.normalize(delta);
}

/** Where a cursor stands after the delta; an insert right at it leaves it before the new text. */
export function moveCursor(position: number, delta: Delta): number {
  let at = 0;
  for (const part of delta) {
    if (position <= at) break;
    if (typeof part === "number") {
      at += part;
    } else if (typeof part === "string") {
      const count = length(part);
      at += count;
      position += count;
    } else {
      position -= Math.min(typeof part.d === "number" ? part.d : length(part.d), position - at);
    }
  }
  return position;
}

/** An offset in UTF-16 units, as the DOM counts, for one in code points. */
export function toUnits(text: string, points: number): number {
  let units = 0;
  for (const character of text) {
    if (points-- <= 0) break;
    units += character.length;
  }
  return units;
}

/** An offset in code points for one in UTF-16 units. */
export const toPoints = (text: string, units: number): number => length(text.slice(0, units));
