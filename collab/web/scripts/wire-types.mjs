// Writes TypeScript types for a JSON Schema: stdin to stdout. `uv run poe wire-types` feeds it the wire models'.

import { text } from "node:stream/consumers";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(await text(process.stdin));

// A title on every field would make a named type of every field.
function withoutTitles(value) {
  if (Array.isArray(value)) return value.map(withoutTitles);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([key, inner]) => !(key === "title" && typeof inner === "string"));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutTitles(inner)]));
}

const types = await compile(withoutTitles(schema), "Wire", {
  bannerComment: "// Made from the wire models by `uv run poe wire-types`; edit those instead.",
  unreachableDefinitions: true,
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
});

process.stdout.write(
  types
    .replace(/export interface Wire {}\n/, "")
    .replace(/\n \*\s*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "\w+"\./g, "")
    .replace(/\/\*\*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "\w+"\.\n \*\/\n/g, ""),
);
