/** A content at one version, and how ops change it. Nothing here changes in place but a `Draft`. */

import { generateKeyBetween } from "fractional-indexing";
import * as text from "./text";
import type { DocumentJson, Fields, Item, Op, Value } from "./types";

export class Document {
  #ordered: readonly Item[] | undefined;

  constructor(
    readonly id: string,
    readonly kind: string,
    readonly bandId: string,
    readonly version: number,
    readonly fields: Fields,
    readonly items: ReadonlyMap<string, Item>,
  ) {}

  static fromJson(json: DocumentJson): Document {
    const items = new Map(json.items.map((item) => [item.id, item]));
    return new Document(json.id, json.kind, json.band_id, json.version, json.fields, items);
  }

  toJson(): DocumentJson {
    const { id, kind, bandId: band_id, version, fields } = this;
    return { id, kind, band_id, version, fields: { ...fields }, items: [...this.ordered] };
  }

  /** The items in the order in which people see them. */
  get ordered(): readonly Item[] {
    this.#ordered ??= [...this.items.values()].sort((a, b) => order(a.position, b.position) || order(a.id, b.id));
    return this.#ordered;
  }

  /** What a field holds; `undefined` where it is not set. */
  value(item: string | null, field: string): Value {
    return (item === null ? this.fields : this.items.get(item)?.fields)?.[field];
  }

  text(item: string | null, field: string): string {
    const value = this.value(item, field);
    return typeof value === "string" ? value : "";
  }

  /** The key of a place between two items, by their index in `ordered`; `index` counts without `moving`. */
  positionAt(index: number, moving?: string): string {
    const others = this.ordered.filter((item) => item.id !== moving);
    return positionBetween(others[index - 1]?.position, others[index]?.position);
  }
}

/** A field's place as a key of a map: an item's id, null for the content itself, and the field's name. */
export const placeOf = (item: string | null, field: string): string => JSON.stringify([item, field]);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A key after one and before another; where two items share one key, the next that is free. */
export function positionBetween(before: string | undefined, after: string | undefined): string {
  const isRoom = before === undefined || after === undefined || before < after;
  return generateKeyBetween(before ?? null, isRoom ? (after ?? null) : null);
}

/** A working copy, on which ops are carried out in turn. */
export class Draft {
  readonly #from: Document;
  #fields: Fields;
  #items: Map<string, Item>;

  constructor(document: Document) {
    this.#from = document;
    this.#fields = document.fields;
    this.#items = new Map(document.items);
  }

  finish(version: number = this.#from.version): Document {
    const { id, kind, bandId } = this.#from;
    return new Document(id, kind, bandId, version, this.#fields, this.#items);
  }

  item(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** Carries out one op as it stands in the history. Returns its inverse; null where it can't be carried out. */
  apply(op: Op): Op | null {
    switch (op.op) {
      case "set": {
        if (op.item !== null && !this.#items.has(op.item)) return null;
        const before = this.value(op.item, op.field) ?? null;
        this.#put(op.item, op.field, op.value);
        return { ...op, value: before };
      }
      case "text": {
        if (op.item !== null && !this.#items.has(op.item)) return null;
        const value = this.value(op.item, op.field);
        const before = typeof value === "string" ? value : "";
        if (text.reach(op.delta) > text.length(before)) return null;
        this.#put(op.item, op.field, text.apply(before, op.delta) || null);
        return { ...op, delta: text.invert(op.delta, before) };
      }
      case "insert": {
        const set = Object.entries(op.item.fields).filter(([, value]) => value !== null);
        this.#items.set(op.item.id, { ...op.item, fields: Object.fromEntries(set) });
        return { op: "remove", item: op.item.id };
      }
      case "move": {
        const item = this.#items.get(op.item);
        if (!item) return null;
        this.#items.set(op.item, { ...item, position: op.position });
        return { ...op, position: item.position };
      }
      case "remove": {
        const item = this.#items.get(op.item);
        if (!item) return null;
        this.#items.delete(op.item);
        return { op: "insert", item };
      }
    }
  }

  /**
   * Carries out an op that the server has yet to order: where its place is taken it gets the next free one, and an
   * empty text counts as not set.
   */
  predict(op: Op): Op | null {
    if (op.op === "set" && op.value === "") return this.apply({ ...op, value: null });
    if (op.op === "move") return this.apply({ ...op, position: this.free(op.position, op.item) });
    if (op.op === "insert") {
      const fields = Object.fromEntries(Object.entries(op.item.fields).filter(([, value]) => value !== ""));
      const position = this.free(op.item.position, op.item.id);
      return this.apply({ ...op, item: { ...op.item, fields, position } });
    }
    return this.apply(op);
  }

  /** `wanted`, or the next free key after it where another item is already there. */
  free(wanted: string, id: string): string {
    let isTaken = false;
    let following: string | null = null;
    for (const item of this.#items.values()) {
      if (item.id === id) continue;
      if (item.position === wanted) isTaken = true;
      if (item.position > wanted && (following === null || item.position < following)) following = item.position;
    }
    return isTaken ? generateKeyBetween(wanted, following) : wanted;
  }

  value(item: string | null, field: string): Value {
    return (item === null ? this.#fields : this.#items.get(item)?.fields)?.[field];
  }

  #put(id: string | null, field: string, value: Value): void {
    const item = id === null ? undefined : this.#items.get(id);
    const { [field]: _, ...rest } = item?.fields ?? this.#fields;
    const fields = value === null ? rest : { ...rest, [field]: value };
    if (item) this.#items.set(item.id, { ...item, fields });
    else this.#fields = fields;
  }
}
