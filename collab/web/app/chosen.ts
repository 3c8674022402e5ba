/** The entries that were chosen, to be moved, taken elsewhere or taken out together. */

import { useCallback, useMemo, useState } from "react";
import { toggled } from "./rows";

export interface Chosen {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  clear: () => void;
  /** What is moved with an entry: all that are chosen, where it is one of them. */
  with: (id: string) => ReadonlySet<string>;
}

/** `there` are the entries that there are: what somebody took out is chosen no more. */
export function useChosen(there: readonly string[]): Chosen {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const ids = useMemo(() => new Set(marked.size === 0 ? [] : there.filter((id) => marked.has(id))), [marked, there]);
  const toggle = useCallback((id: string) => setMarked((now) => toggled(now, id)), []);
  const clear = useCallback(() => setMarked(new Set()), []);
  return { ids, toggle, clear, with: (id) => (ids.has(id) ? ids : new Set([id])) };
}
