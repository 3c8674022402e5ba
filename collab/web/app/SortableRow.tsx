/** A row of a list that can be put elsewhere, by its grip. */

import { useSortable } from "@dnd-kit/sortable";
import { type CSSProperties, memo, type ReactNode, useCallback, useMemo } from "react";
import { titleOf } from "./kinds";
import { Entry, type EntryProps } from "./Row";
import { Icon } from "./ui";

interface SortableRowProps extends Omit<EntryProps, "lead"> {
  index: number;
  count: number;
  gap_px: number;
  number: number | null;
  at: string | null;
  setEnd: string | null;
  measure: (row: Element | null) => void;
  isChosen: boolean;
  onChoose: (id: string) => void;
}

/** While something is moved every row here renders: what is in it does not. */
export const SortableRow = memo(function SortableRow(props: SortableRowProps): ReactNode {
  const { index, count, gap_px, number, at, setEnd, measure, isChosen, onChoose, ...entry } = props;
  const { item, types, isReadOnly } = entry;
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({
    id: item.id,
    disabled: isReadOnly,
  });
  const row = useCallback(
    (element: HTMLElement | null) => {
      setNodeRef(element);
      measure(element);
    },
    [setNodeRef, measure],
  );
  const title = titleOf(item, types);
  const lead = useMemo(() => {
    const { role: _role, ...handle } = attributes;
    return (
      <>
        {isReadOnly ? null : (
          <button type="button" className="grip" ref={setActivatorNodeRef} {...handle} {...listeners} aria-label={`Move ${title}`}>
            <Icon name="grip" />
          </button>
        )}
        <button
          type="button"
          className="row-number"
          aria-label={`Choose ${title}`}
          aria-pressed={isChosen}
          disabled={isReadOnly}
          data-number={isChosen ? "" : (number ?? "·")}
          onClick={() => onChoose(item.id)}
        >
          {isChosen ? <Icon name="check" /> : null}
        </button>
        <span className="row-at">{at ?? ""}</span>
      </>
    );
  }, [attributes, listeners, setActivatorNodeRef, isReadOnly, title, number, at, isChosen, onChoose, item.id]);
  const style: CSSProperties = {
    ...(gap_px ? { marginTop: gap_px } : {}),
    ...(transform ? { transform: `translate3d(0, ${Math.round(transform.y)}px, 0)` } : {}),
    ...(transform && transition ? { transition } : {}),
  };
  return (
    <li
      ref={row}
      style={style}
      className={`${isDragging ? "is-dragging" : ""} ${isChosen ? "is-chosen" : ""}`}
      data-item={item.id}
      data-index={index}
      aria-setsize={count}
      aria-posinset={index + 1}
    >
      {setEnd === null ? null : <p className="set-end">{setEnd}</p>}
      <Entry {...entry} lead={lead} />
    </li>
  );
});
