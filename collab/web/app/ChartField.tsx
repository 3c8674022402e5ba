/** A song's chart, to read as music or to edit as the text that it is. */

import { type ReactNode, useState } from "react";
import type { Fields } from "../react";
import { Field } from "./Field";
import { part } from "./part";
import type { FieldProps } from "./props";

const ChartView = part(async () => (await import("./ChartView")).ChartView);

interface ChartFieldProps extends FieldProps {
  item: string;
  /** All of the song's fields. */
  song: Fields;
}

export function ChartField({ song, ...field }: ChartFieldProps): ReactNode {
  const { value, isReadOnly, item } = field;
  const isEmpty = typeof value !== "string" || value.trim() === "";
  const [isEdited, setEdited] = useState(false);
  // It stays the text that it is while its first letters are typed.
  if (isEmpty && !isEdited && !isReadOnly) setEdited(true);
  return (
    <div className="detail is-text">
      <span className="detail-head">
        <span>Chart</span>
        {isReadOnly || isEmpty ? null : (
          <button type="button" className="button is-small" onClick={() => setEdited(!isEdited)}>
            {isEdited ? "Read the chart" : "Edit the chart"}
          </button>
        )}
      </span>
      {isEdited && !isReadOnly ? <Field {...field} /> : isEmpty ? null : <ChartView song={song} entry={song} songId={item} />}
    </div>
  );
}

/** The chart that an entry of a setlist has by its song of the repertoire, in the entry's key. */
export function EntryChart({ song, entry, songId }: { song: Fields; entry: Fields; songId: string }): ReactNode {
  return (
    <div className="detail is-text">
      <span>Chart</span>
      <ChartView song={song} entry={entry} songId={songId} />
    </div>
  );
}
