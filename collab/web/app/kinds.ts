/** What each kind of content may hold, as the server tells it: which fields the page shows, and how. */

import { createContext, useContext } from "react";
import type { Document, FieldType, FieldTypes, Item, Kind } from "../sdk";
import { capital } from "./words";

/** What the page does not know it shows as it is, and leaves to the server to check. */
const UNKNOWN: FieldType = { type: "other" };

export class Kinds {
  readonly #kinds: ReadonlyMap<string, Kind>;

  constructor(kinds: readonly Kind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
  }

  get names(): string[] {
    return [...this.#kinds.keys()];
  }

  fieldsOf(kind: string): FieldTypes {
    return this.#kinds.get(kind)?.fields ?? {};
  }

  /** The types of item that a kind may hold, and the fields of each. */
  itemsOf(kind: string): Readonly<Record<string, FieldTypes>> {
    return this.#kinds.get(kind)?.item_types ?? {};
  }

  typeOf(document: Document | null, item: string | null, field: string): FieldType {
    if (!document) return UNKNOWN;
    const type = item === null ? undefined : document.items.get(item)?.type;
    const fields = type === undefined ? this.fieldsOf(document.kind) : this.itemsOf(document.kind)[type];
    return fields?.[field] ?? UNKNOWN;
  }
}

/** What is told of an entry in one line beside its title. */
export const FACTS = ["key", "tempo", "duration"];

const KindsContext = createContext(new Kinds([]));
export const KindsProvider = KindsContext.Provider;
export const useKinds = (): Kinds => useContext(KindsContext);

/** What the members of a band call a kind's contents. */
export function kindName(kind: string): string {
  return { setlist: "Setlists", repertoire: "Songs" }[kind] ?? capital(kind.replaceAll("_", " "));
}

/** The field that an item is known by: its title, else its first line. */
export function titleField(types: FieldTypes): string | null {
  if ("title" in types) return "title";
  return Object.keys(types).find((name) => types[name]?.type === "line") ?? null;
}

export function titleOf({ type, fields }: Pick<Item, "type" | "fields">, types: FieldTypes = { title: { type: "other" } }): string {
  const name = titleField(types);
  const title = name === null ? undefined : fields[name];
  if (typeof title === "string" && title) return title;
  return type === "song" ? "Untitled" : capital(type.replaceAll("_", " "));
}
