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
  const inverse: Delta = [];
  let rest = before;
  for (const part of delta) {
    if (typeof part === "string") {
      inverse.push({ d: length(part) });
      continue;
    }
    const count = typeof part === "number" ? part : typeof part.d === "number" ? part.d : length(part.d);
    const end = toUnits(rest, count);
    inverse.push(typeof part === "number" ? part : rest.slice(0, end));
    rest = rest.slice(end);
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
export const length = (text: string): number => text.length - (text.match(PAIRS)?.length ?? 0);

/** Two UTF-16 units that are one code point. */
const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/**
 * The delta from `before` to `after` that leaves their common start and end alone.
 *
 * `caret`, in code points of `after`, is where the writer now stands: of several deltas with the same result
 * (an `o` typed into `foo`) it picks the one that ends there.
 */
export function replace(before: string, after: string, caret?: number): Delta {
  const grown = after.length - before.length;
  let most = Math.min(before.length, after.length);
  if (caret !== undefined && caret <= length(after)) {
    const stands = toUnits(after, caret);
    most = Math.min(most, grown > 0 ? Math.max(stands - grown, 0) : stands);
  }
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  if (isWithinPair(before, start) || isWithinPair(after, start)) start -= 1;
  let end = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (end < rest && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1;
  if (isWithinPair(before, before.length - end) || isWithinPair(after, after.length - end)) end -= 1;
  const delta: Delta = [];
  if (start > 0) delta.push(length(before.slice(0, start)));
  if (after.length - end > start) delta.push(after.slice(start, after.length - end));
  if (before.length - end > start) delta.push({ d: length(before.slice(start, before.length - end)) });
  return type.normalize(delta);
}

/** Whether an offset in UTF-16 units lies between the two of one code point. */
const isWithinPair = (text: string, units: number): boolean =>
  units > 0 && units < text.length && text.codePointAt(units - 1)! > 0xffff;

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
  const start = text.slice(0, points);
  if (!/[\ud800-\udfff]/.test(start)) return start.length;
  let units = 0;
  for (const character of text) {
    if (points-- <= 0) break;
    units += character.length;
  }
  return units;
}

/** An offset in code points for one in UTF-16 units. */
export const toPoints = (text: string, units: number): number => length(text.slice(0, units));
