/** Where one is in the night, and by a tap all of it, to jump to a song. */

import { type ReactNode, useId } from "react";
import type { Item } from "../../react";
import type { Times } from "../times";

interface SongDrawerProps {
  items: readonly Item[];
  at: number;
  times: Times;
  onJump: (item: Item) => void;
}

export function SongDrawer({ items, at, times, onJump }: SongDrawerProps): ReactNode {
  const list = useId();
  const { entries, sets } = times;
  const numberOf = (item: Item | undefined): number | null => (item && entries.get(item.id)?.number) ?? null;
  const count = sets.reduce((sum, { songs }) => sum + songs, 0);
  const number = numberOf(items[at]);
  const place = number === null ? (items.length > 0 ? "Break" : "0 / 0") : `${number} / ${count}`;
  const jump = (item: Item): void => {
    document.getElementById(list)?.hidePopover();
    onJump(item);
  };
  return (
    <>
      <button type="button" className="button is-small stage-place" popoverTarget={list} aria-label={`${place}: all songs`}>
        {place}
      </button>
      <ol
        id={list}
        className="people menu stage-songs"
        popover="auto"
        aria-label="All songs"
        onToggle={({ currentTarget }) => currentTarget.querySelector("[aria-current]")?.scrollIntoView({ block: "center" })}
      >
        {items.map((item, index) => (
          <li key={item.id}>
            <button type="button" aria-current={index === at || undefined} onClick={() => jump(item)}>
              <span className="quiet">{numberOf(item) ?? ""}</span> {String(item.fields.title ?? (item.type === "break" ? "Break" : "Untitled"))}
              {item.fields.key ? <b>{String(item.fields.key)}</b> : null}
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
