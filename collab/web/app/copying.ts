/** Copies of a content: as it is, or its entries alone for another night. */

import type { Document, DocumentJson, Rest } from "../react";

/** What is of one night: a template goes without. */
const OF_A_NIGHT = ["date", "venue", "notes"];

export function copyOf({ bandId, kind, fields: all, ordered }: Document, rest: Rest, isTemplate: boolean): Promise<DocumentJson> {
  const { title, ...others } = all;
  const fields = isTemplate ? Object.fromEntries(Object.entries(others).filter(([name]) => !OF_A_NIGHT.includes(name))) : others;
  const items = ordered.map(({ type, position, fields }) => ({ type, position, fields }));
  const called = isTemplate ? `Like ${String(title ?? "")}`.slice(0, 200) : `${String(title ?? "")} (copy)`.slice(-200);
  return rest.createContent(bandId, kind, called, { fields, items });
}
