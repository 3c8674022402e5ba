/** How values of each type of field look to people, and how what they type becomes a value. */

import type { Document, FieldType, FieldTypes, Item, Value } from "../sdk";
import { clockOf, lengthOf } from "./clock";
import { FACTS, type Kinds } from "./kinds";
import { capital } from "./words";
import { READERS, readLength, readNumber } from "./written";

/** How a value is shown and read. `parse` gives `undefined` where the text is no such value. */
export interface Format {
  show: (value: Value) => string;
  parse: (typed: string) => Value;
  hint: string;
  inputMode?: "text" | "decimal" | "numeric" | "url";
  inputType?: "text" | "date" | "time";
}

/** What an empty field says, where its name alone says too little. */
const PLACEHOLDERS: Record<string, string> = {
  key: "Key",
  tempo: "bpm",
  duration: "0:00",
  target_duration: "1 h 50",
  time_signature: "4/4",
  lead: "Singer, solo",
  link: "https://",
  venue: "Where",
  tags: "ballad, slow",
};

export const placeholderOf = (field: string): string => PLACEHOLDERS[field] ?? "";

/** How a field is shown and read, by its type; a few musical ones by their name, leniently. */
export function formatOf(field: string, type: FieldType): Format {
  if (field === "target_duration" && type.type === "number") return hours(type);
  switch (type.type) {
    case "number":
      return type.unit === "seconds" ? duration(type) : number(field, type);
    case "pattern":
      return pattern(field, type);
    case "date":
      return { ...plain, inputType: "date", hint: "A date" };
    case "tags":
      return tags(type);
    case "line":
      return { ...plain, ...upTo(type.max_length, oneLine) };
    case "text":
      return { ...plain, ...upTo(type.max_length) };
    case "flag":
      return { show: (value) => (value ? "yes" : "no"), parse: (typed) => typed === "yes", hint: "Yes or no" };
    case "choice":
      return { ...plain, parse: (typed) => (type.options.includes(typed) ? typed : undefined), hint: type.options.join(", ") };
    case "other":
      return plain;
  }
}

/** A field's value as people read it. */
export function shown(field: string, type: FieldType, value: Value): string {
  return value === null || value === undefined || value === "" ? "nothing" : formatOf(field, type).show(value);
}

/** The value of a field of a document, or of one of its items, as people read it. */
export function shownIn(kinds: Kinds, document: Document | null, item: string | null, field: string, value: Value): string {
  return shown(field, kinds.typeOf(document, item, field), value);
}

/** What is told of an entry in one line beside its title. */
export function factsOf({ fields }: Pick<Item, "fields">, types: FieldTypes): string {
  const told = FACTS.filter((name) => name in types && fields[name] !== undefined);
  return told.map((name) => shown(name, types[name]!, fields[name])).join(" · ");
}

type Of<Name extends FieldType["type"]> = Extract<FieldType, { type: Name }>;

const plain: Format = { show: String, parse: (typed) => typed, hint: "" };

const upTo = (limit: number, clean = (typed: string): string => typed): Pick<Format, "parse" | "hint"> => ({
  parse: (typed) => ([...clean(typed)].length <= limit ? clean(typed) : undefined),
  hint: `At most ${limit} characters`,
});

/** What was typed or pasted as the server takes a line (PROTOCOL.md, Kinds): a tab is a space, other control characters go. */
export const withoutBreaks = (typed: string): string =>
  typed.replace(/[\t-\r\x1c-\x1f\x85\u2028\u2029]+/g, " ").replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "");

/** The same, without white space around it. */
export const oneLine = (typed: string): string => withoutBreaks(typed).trim();

const within = (value: number, { minimum, maximum }: Of<"number">): number | undefined =>
  value >= minimum && value <= maximum ? value : undefined;

function number(field: string, type: Of<"number">): Format {
  const read = READERS[field] ?? ((typed: string) => readNumber(typed, type, type.unit));
  return {
    show: String,
    parse: (typed) => {
      const value = Number(typed.replace(",", "."));
      if (Number.isNaN(value)) return read(typed, type);
      return type.is_whole && !Number.isInteger(value) ? undefined : within(value, type);
    },
    hint: `A ${type.is_whole ? "whole " : ""}number of ${type.unit} from ${type.minimum} to ${type.maximum}`,
    inputMode: type.is_whole ? "numeric" : "decimal",
  };
}

function duration(type: Of<"number">): Format {
  return {
    show: (value) => clockOf(Number(value)),
    parse: (typed) => {
      const seconds = readLength(typed);
      return seconds === undefined ? undefined : within(seconds, type);
    },
    hint: "Minutes and seconds, such as 4:05 or 405",
  };
}

/** The length of a night: 1 h 50, which may be typed as 1:50 or, as minutes, 110. */
function hours(type: Of<"number">): Format {
  return {
    show: (value) => (Number(value) % 60 === 0 ? lengthOf(Number(value)) : clockOf(Number(value))),
    parse: (typed) => {
      const match = /^(\d{1,2})(?::| ?h ?)([0-5]?\d)?$|^(\d{1,4})$/i.exec(typed);
      const minutes = match && (match[3] ? Number(match[3]) : Number(match[1]) * 60 + Number(match[2] ?? 0));
      const seconds = minutes === null ? readLength(typed) : minutes * 60;
      return seconds === undefined ? undefined : within(seconds, type);
    },
    hint: "Hours and minutes, such as 1 h 50",
  };
}

/** As the server has it (PROTOCOL.md, Kinds). */
const MAX_PATTERN_LENGTH = 2_000;

function pattern(field: string, { regex, example }: Of<"pattern">): Format {
  const form = asRegExp(regex);
  // The server's engine takes time in proportion, whatever a regex is; the browser's does not.
  const fits = (typed: string): boolean => typed.length <= MAX_PATTERN_LENGTH && (!form || form.test(typed));
  const isLink = regex.startsWith("http");
  return {
    show: String,
    parse: (typed) => {
      const meant = READERS[isLink ? "link" : field]?.(typed, ANY);
      return [meant, typed].find((value) => typeof value === "string" && fits(value));
    },
    hint: capital(example),
    ...(isLink ? { inputMode: "url" } : {}),
    ...(form?.test("20:30") && form.test("00:00") && !form.test("24:00") ? { inputType: "time" } : {}),
  };
}

const ANY = { minimum: -Infinity, maximum: Infinity, is_whole: false };

/** Null for an expression that only the server's language has: then the server alone checks. */
function asRegExp(regex: string): RegExp | null {
  try {
    return new RegExp(`^(?:${regex})$`, "u");
  } catch {
    return null;
  }
}

function tags({ max_count, max_length }: Of<"tags">): Format {
  return {
    show: (value) => (Array.isArray(value) ? value.join(", ") : String(value)),
    parse: (typed) => {
      const words = [...new Set(typed.split(",").map((word) => word.trim()).filter(Boolean))];
      if (words.length > max_count || words.some((word) => [...word].length > max_length)) return undefined;
      return words.length > 0 ? words : null;
    },
    hint: `At most ${max_count} words or phrases with commas between them, each of at most ${max_length} characters`,
  };
}
