/** The entries that were chosen, to be moved, taken elsewhere or taken out together. */

import { type ReactNode, useCallback, useMemo, useState } from "react";
import { toggled } from "./rows";
import { Icon, IconButton } from "./ui";

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

interface ChosenBarProps {
  chosen: Chosen;
  onCarry: (isMove: boolean) => void;
  onRemove: () => void;
}

export function ChosenBar({ chosen, onCarry, onRemove }: ChosenBarProps): ReactNode {
  const count = chosen.ids.size;
  if (count === 0) return null;
  return (
    <div className="chosen" role="toolbar" aria-label="Chosen entries">
      <span role="status">{count} chosen: drag one to move all.</span>
      <IconButton icon="close" label="Choose none" onClick={chosen.clear} />
      <CarryButtons onCarry={onCarry} />
      <button type="button" className="button is-small" onClick={onRemove}>
        <Icon name="trash" /> Take out
      </button>
    </div>
  );
}

export function CarryButtons({ onCarry }: { onCarry: (isMove: boolean) => void }): ReactNode {
  return (
    <>
      <button type="button" className="button is-small" aria-haspopup="dialog" onClick={() => onCarry(false)}>
        <Icon name="copy" /> Copy to…
      </button>
      <button type="button" className="button is-small" aria-haspopup="dialog" onClick={() => onCarry(true)}>
        <Icon name="next" /> Move to…
      </button>
    </>
  );
}
