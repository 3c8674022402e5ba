/** A list in an order of its own, such as a setlist: its head, its entries in sets with times, and ways to add to it. */

import { type ReactNode, useMemo } from "react";
import { AddEntry } from "./AddEntry";
import { clockOf } from "./clock";
import { ContentHead } from "./ContentHead";
import { useKinds } from "./kinds";
import type { PageProps } from "./props";
import { SortableRows } from "./SortableRows";
import { timesOf } from "./times";
import { Total } from "./Total";

export function SetlistPage(props: PageProps & { repertoireId: string | null }): ReactNode {
  const { content, document, others, isReadOnly, repertoireId } = props;
  const times = useMemo(() => timesOf(document), [document]);
  const types = useKinds().itemsOf(document.kind);
  const hasLengths = Object.values(types).some((fields) => "duration" in fields);
  const isEmpty = document.items.size === 0;
  return (
    <div className="setlist">
      <ContentHead {...{ content, document, others, isReadOnly }}>
        {hasLengths ? <Total times={times} /> : null}
      </ContentHead>
      <SortableRows {...{ content, document, others, isReadOnly, times }} />
      {isEmpty ? <p className="empty">Nothing yet. {isReadOnly ? "" : "Add the first one below."}</p> : null}
      {hasLengths && !isEmpty ? (
        <p className="set-end">
          {times.sets.length > 1 ? `Set ${times.sets.length}` : "All songs"} · {clockOf(times.sets.at(-1)!.seconds)}
        </p>
      ) : null}
      {isReadOnly ? null : <AddEntry content={content} document={document} types={types} repertoireId={repertoireId} />}
    </div>
  );
}
