/** What can be done to the entries that were chosen, or to one: it comes once somebody wants it. */

import "./styles/chosen.css";
import type { ReactNode } from "react";
import type { Chosen } from "./chosen";
import { Icon, IconButton } from "./ui";

interface ChosenBarProps {
  chosen: Chosen;
  onCarry: (isMove: boolean) => void;
  onRemove: () => void;
}

export function ChosenBar({ chosen, onCarry, onRemove }: ChosenBarProps): ReactNode {
  const count = chosen.ids.size;
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

interface RowToolsProps {
  title: string;
  onCarry: (isMove: boolean) => void;
}

/** The same for one entry, below its details. */
export function RowTools({ title, onCarry }: RowToolsProps): ReactNode {
  return (
    <div className="row-tools" role="group" aria-label={`${title} in other lists`}>
      <CarryButtons onCarry={onCarry} />
    </div>
  );
}

function CarryButtons({ onCarry }: { onCarry: (isMove: boolean) => void }): ReactNode {
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
