/** A list in an order of its own, such as a setlist: its head, its entries in sets with times, and ways to add to it. */

import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { type ReactNode, useMemo } from "react";
import type { FieldTypes } from "../react";
import { AddEntry } from "./AddEntry";
import { clockOf } from "./clock";
import { ContentHead } from "./ContentHead";
import { titleOf, useKinds } from "./kinds";
import type { PageProps } from "./props";
import { Row } from "./Row";
import { timesOf } from "./times";
import { Total } from "./Total";

const NO_FIELDS: FieldTypes = {};

export function SetlistPage(props: PageProps & { repertoireId: string | null }): ReactNode {
  const { content, document, others, isReadOnly, repertoireId } = props;
  const items = document.ordered;
  const times = useMemo(() => timesOf(document), [document]);
  const types = useKinds().itemsOf(document.kind);
  const hasLengths = Object.values(types).some((fields) => "duration" in fields);
  const ids = useMemo(() => items.map(({ id }) => id), [items]);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );

  const dropped = ({ active, over }: DragEndEvent): void => {
    if (!over || active.id === over.id) return;
    const to = ids.indexOf(String(over.id));
    if (to < 0) return;
    const item = String(active.id);
    content.edit({ op: "move", item, position: document.positionAt(to, item) });
  };

  const name = (id: unknown): string => {
    const item = document.items.get(String(id));
    return item ? titleOf(item, types[item.type]) : "the entry";
  };
  const place = (id: unknown): string => `place ${ids.indexOf(String(id)) + 1} of ${ids.length}`;
  return (
    <div className="setlist">
      <ContentHead {...{ content, document, others, isReadOnly }}>
        {hasLengths ? <Total times={times} /> : null}
      </ContentHead>
      <DndContext
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={dropped}
        accessibility={{
          screenReaderInstructions: {
            draggable: "Press space to pick the entry up, the arrow keys to move it, space to drop it, escape to cancel.",
          },
          announcements: {
            onDragStart: ({ active }) => `Picked up ${name(active.id)}, ${place(active.id)}.`,
            onDragOver: ({ active, over }) => (over ? `${name(active.id)}: ${place(over.id)}.` : ""),
            onDragEnd: ({ active, over }) => (over ? `${name(active.id)} is at ${place(over.id)}.` : ""),
            onDragCancel: ({ active }) => `${name(active.id)} stays where it was.`,
          },
        }}
      >
        <SortableContext items={ids} strategy={verticalListSortingStrategy}>
          <ol className="rows" aria-label="Entries">
            {items.map((item) => {
              const time = times.entries.get(item.id)!;
              return (
                <Row
                  key={item.id}
                  content={content}
                  item={item}
                  types={types[item.type] ?? NO_FIELDS}
                  number={time.number}
                  at={time.at}
                  setEnd={time.endsSet}
                  others={others}
                  isReadOnly={isReadOnly}
                />
              );
            })}
          </ol>
        </SortableContext>
      </DndContext>
      {items.length === 0 ? <p className="empty">Nothing yet. {isReadOnly ? "" : "Add the first one below."}</p> : null}
      {hasLengths && items.length > 0 ? (
        <p className="set-end">
          {times.sets.length > 1 ? `Set ${times.sets.length}` : "All songs"} · {clockOf(times.sets.at(-1)!.seconds)}
        </p>
      ) : null}
      {isReadOnly ? null : <AddEntry content={content} document={document} types={types} repertoireId={repertoireId} />}
    </div>
  );
}
