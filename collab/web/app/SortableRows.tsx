/** The entries of a list in an order of its own, which are put elsewhere by mouse, by touch and by keyboard. */

import {
  type Announcements,
  closestCenter,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  KeyboardSensor,
  type Modifier,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { type CSSProperties, type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { FieldTypes } from "../react";
import { useChosen } from "./chosen";
import { factsOf } from "./format";
import { titleOf, useKinds } from "./kinds";
import { movedTo } from "./moving";
import { part } from "./part";
import type { PageProps } from "./props";
import { useHere, useIds, useOpen } from "./rows";
import { SortableRow } from "./SortableRow";
import type { Times } from "./times";
import { Icon } from "./ui";
import { useCarry } from "./useCarry";
import { useShownRows } from "./useShownRows";

const ChosenBar = part(async () => (await import("./ChosenBar")).ChosenBar);

const NO_FIELDS: FieldTypes = {};

// Made once: with new ones at each render every row would render with it.
const POINTER = { activationConstraint: { distance: 4 } };
const KEYBOARD = { coordinateGetter: sortableKeyboardCoordinates };
const INSTRUCTIONS = {
  draggable: "Press space to pick the entry up, the arrow keys to move it, space to drop it, escape to cancel.",
};

/** What is held moves up and down only. */
const UPRIGHT: Modifier[] = [({ transform }) => ({ ...transform, x: 0 })];

export function SortableRows(props: PageProps & { times: Times }): ReactNode {
  const { content, document, others, isReadOnly, times } = props;
  const types = useKinds().itemsOf(document.kind);
  const list = useRef<HTMLOListElement>(null);
  const ids = useIds(document.ordered);
  const [held, setHeld] = useState<string | null>(null);
  const shown = useShownRows(list, ids, held);
  const here = useHere(others);
  const [open, toggle] = useOpen();
  const chosen = useChosen(ids);
  const [carry, carryDialog] = useCarry(document, chosen.clear);
  const carryOne = useCallback((item: string, isMove: boolean) => carry(new Set([item]), isMove), [carry]);
  const sensors = useSensors(useSensor(PointerSensor, POINTER), useSensor(KeyboardSensor, KEYBOARD));
  const scrolling = useMemo(() => ({ canScroll: () => goesOn(list.current) }), []);

  const dropped = ({ active, over }: DragEndEvent): void => {
    setHeld(null);
    if (!over || active.id === over.id) return;
    const item = String(active.id);
    content.edit(...movedTo(document, chosen.with(item), item, String(over.id)));
  };
  const takeOut = (): void => content.edit(...[...chosen.ids].map((item) => ({ op: "remove" as const, item })));
  const name = (id: unknown): string => {
    const item = document.items.get(String(id));
    const more = chosen.with(String(id)).size - 1;
    return `${item ? titleOf(item, types[item.type]) : "the entry"}${more > 0 ? ` and ${more} more` : ""}`;
  };
  const heldItem = held === null ? undefined : document.items.get(held);
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      modifiers={UPRIGHT}
      autoScroll={scrolling}
      onDragStart={({ active }) => setHeld(String(active.id))}
      onDragEnd={dropped}
      onDragCancel={() => setHeld(null)}
      accessibility={{ screenReaderInstructions: INSTRUCTIONS, announcements: announcements(name, ids) }}
    >
      {chosen.ids.size > 0 ? (
        <ChosenBar chosen={chosen} onCarry={(isMove) => carry(chosen.ids, isMove)} onRemove={takeOut} waiting={null} />
      ) : null}
      <SortableContext items={ids as string[]} strategy={verticalListSortingStrategy}>
        <ol ref={list} className="rows" aria-label="Entries" style={{ "--rest": `${shown.rest_px}px` } as CSSProperties}>
          {shown.rows.map(({ id, index, gap_px }) => {
            const item = document.items.get(id)!;
            const { number, at, endsSet } = times.entries.get(id)!;
            return (
              <SortableRow
                key={id}
                {...{ content, item, isReadOnly, index, gap_px, number, at }}
                count={ids.length}
                types={types[item.type] ?? NO_FIELDS}
                setEnd={endsSet}
                here={here(id)}
                isOpen={open.has(id)}
                onOpen={toggle}
                onCarry={carryOne}
                measure={shown.measure}
                isChosen={chosen.ids.has(id)}
                onChoose={chosen.toggle}
              />
            );
          })}
        </ol>
      </SortableContext>
      <DragOverlay dropAnimation={null}>
        {heldItem ? (
          <div className="held">
            <Icon name="grip" />
            <span className="row-title">{name(held)}</span>
            <span className="quiet">{factsOf(heldItem, types[heldItem.type] ?? NO_FIELDS)}</span>
          </div>
        ) : null}
      </DragOverlay>
      {carryDialog}
    </DndContext>
  );
}

/** Whether the list goes on beyond the edge of the screen that an entry is held at: the page scrolls no further. */
function goesOn(list: HTMLElement | null): boolean {
  const held = window.document.querySelector(".held")?.getBoundingClientRect();
  if (!held || !list) return true;
  const { top, bottom } = list.getBoundingClientRect();
  return held.top > innerHeight / 2 ? bottom > innerHeight : top < held.height;
}

function announcements(name: (id: unknown) => string, ids: readonly string[]): Announcements {
  const place = (id: unknown): string => `place ${ids.indexOf(String(id)) + 1} of ${ids.length}`;
  return {
    onDragStart: ({ active }) => `Picked up ${name(active.id)}, ${place(active.id)}.`,
    onDragOver: ({ active, over }) => (over ? `${name(active.id)}: ${place(over.id)}.` : ""),
    onDragEnd: ({ active, over }) => (over ? `${name(active.id)} is at ${place(over.id)}.` : ""),
    onDragCancel: ({ active }) => `${name(active.id)} stays where it was.`,
  };
}
