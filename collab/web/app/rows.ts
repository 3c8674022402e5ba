/** What a list of rows knows of each: who is at it, and whether it is open. It outlives the rows, which come and go. */

import { useCallback, useMemo, useRef, useState } from "react";
import type { Presence } from "../react";

const NOBODY: readonly Presence[] = [];

/** Who is at an entry. The answer stays the same list while nobody came to it, left it, or moved in it. */
export function useHere(others: readonly Presence[]): (item: string) => readonly Presence[] {
  const known = useRef(new Map<string, readonly Presence[]>());
  const here = useMemo(() => {
    const now = new Map<string, Presence[]>();
    for (const other of others) {
      const item = other.focus?.item;
      if (item == null) continue;
      const there = now.get(item);
      if (there) there.push(other);
      else now.set(item, [other]);
    }
    return new Map([...now].map(([item, there]) => [item, sameList(known.current.get(item), there)]));
  }, [others]);
  known.current = here;
  return useCallback((item) => here.get(item) ?? NOBODY, [here]);
}

/** Which entries are open, and what opens or closes one. */
export function useOpen(): [ReadonlySet<string>, (item: string) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((item: string) => setOpen((now) => toggled(now, item)), []);
  return [open, toggle];
}

export function toggled(set: ReadonlySet<string>, element: string): ReadonlySet<string> {
  const now = new Set(set);
  if (!now.delete(element)) now.add(element);
  return now;
}

/** The ids of entries, the same list while they are the same, in the same order. */
export function useIds(items: readonly { id: string }[]): readonly string[] {
  const known = useRef<readonly string[]>([]);
  known.current = sameList(known.current, items.map(({ id }) => id));
  return known.current;
}

/** `known` where it holds what `now` does. */
function sameList<Element>(known: readonly Element[] | undefined, now: readonly Element[]): readonly Element[] {
  return known?.length === now.length && known.every((element, index) => element === now[index]) ? known : now;
}
