/** The fields of an entry that its row has no place for: every one that its type declares, in that order. */

import type { ReactNode } from "react";
import type { Content, FieldTypes, Item, Presence } from "../react";
import { ChartField, EntryChart } from "./ChartField";
import { Named } from "./Field";
import { songIdOf, useSongOf } from "./songbook";
import { fieldName } from "./words";

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
  const song = useSongOf()(item);
  return (
    <div className="row-details">
      {song?.chart ? <EntryChart song={song} entry={item.fields} songId={songIdOf(item)} /> : null}
      {fields.map((field) => {
        const props = {
          ...{ content, field, others, isReadOnly },
          item: item.id,
          type: types[field]!,
          value: item.fields[field],
          label: `${fieldName(field)} of ${title}`,
        };
        const isChart = field === "chart" && props.type.type === "text";
        return isChart ? <ChartField key={field} {...props} song={item.fields} /> : <Named key={field} {...props} name={fieldName(field)} />;
      })}
    </div>
  );
}
