/** A band's contents by kind, and in the order in which one looks for them. */

import type { Brief, Role, Summary } from "../react";
import { lengthOf } from "./clock";
import { type Kinds, kindName } from "./kinds";

/** The contents of one kind. */
export interface Shelf {
  kind: string;
  name: string;
  contents: readonly Summary[];
  mayMake: boolean;
}

/** Every kind that the server knows, and any that a content is of. A band has one repertoire. */
export function shelvesOf(contents: readonly Summary[], kinds: Kinds, role: Role): Shelf[] {
  return [...new Set([...kinds.names, ...contents.map(({ kind }) => kind)])].map((kind) => {
    const all = contents.filter((summary) => summary.kind === kind);
    const isFull = kind === "repertoire" && all.length > 0;
    return { kind, name: kindName(kind), contents: all, mayMake: role !== "viewer" && !isFull };
  });
}

export const newTitle = (kind: string): string => (kind === "repertoire" ? "Repertoire" : `New ${kind.replaceAll("_", " ")}`);

export type Briefs = ReadonlyMap<string, Brief>;

/** Today where the reader is, as a date field has it. */
export function today(now = new Date()): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

const dateOf = (brief: Brief | undefined): string | null => (typeof brief?.fields.date === "string" ? brief.fields.date : null);

/** When and where a gig is, and how long its list takes. */
export function nightOf(brief: Brief | undefined): string {
  if (!brief) return "";
  const { date, start_time, venue } = brief.fields;
  const day = typeof date === "string" ? new Date(`${date}T12:00`).toLocaleDateString(undefined, { dateStyle: "medium" }) : null;
  const length = brief.duration > 0 ? lengthOf(brief.duration) : null;
  return [day, start_time, venue, length].filter(Boolean).join(" · ");
}

/** So many of the next ones are kept on the device. */
const MOST_AHEAD = 5;

/** The next contents that somebody will want where there is no network. */
export const ahead = (contents: readonly Summary[], briefs: Briefs, now: string): Summary[] =>
  byDate(contents, briefs, now)
    .filter(({ id }) => (dateOf(briefs.get(id)) ?? now) >= now)
    .slice(0, MOST_AHEAD);

/** What is to come by its date, the next first; then what has no date, as it came; then what is over, the latest first. */
export function byDate(contents: readonly Summary[], briefs: Briefs, now: string): Summary[] {
  const dated = contents.map((summary) => ({ summary, date: dateOf(briefs.get(summary.id)) }));
  const toCome = dated.filter(({ date }) => date !== null && date >= now).sort((a, b) => a.date!.localeCompare(b.date!));
  const undated = dated.filter(({ date }) => date === null);
  const over = dated.filter(({ date }) => date !== null && date < now).sort((a, b) => b.date!.localeCompare(a.date!));
  return [...toCome, ...undated, ...over].map(({ summary }) => summary);
}
