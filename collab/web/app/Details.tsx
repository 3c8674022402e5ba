/** The fields of an entry that its row has no place for: every one that its type declares, in that order. */

import type { ReactNode } from "react";
import type { Content, FieldTypes, Item, Presence } from "../react";
import { Named } from "./Field";
import { fieldName } from "./format";

interface DetailsProps {
  content: Content;
  item: Item;
  types: FieldTypes;
  fields: readonly string[];
  title: string;
  others: readonly Presence[];
  isReadOnly: boolean;
}

export function Details({ content, item, types, fields, title, others, isReadOnly }: DetailsProps): ReactNode {
  if (fields.length === 0) return null;
  return (
    <div className="row-details">
      {fields.map((field) => (
        <Named
          key={field}
          {...{ content, field, others, isReadOnly }}
          item={item.id}
          type={types[field]!}
          value={item.fields[field]}
          name={fieldName(field)}
          label={`${fieldName(field)} of ${title}`}
        />
      ))}
    </div>
  );
}
