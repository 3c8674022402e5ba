/** Where entries are copied or moved to: another content of their kind, the next gigs first, or a new one. */

import "./styles/carry.css";
import { type ReactNode, useEffect } from "react";
import { type Summary, useConnection } from "../react";
import { carry, carryToNew, type Load, wordsFor } from "./carrying";
import { Dialog } from "./Dialog";
import { OutOfReach, useOpenContents } from "./openContents";
import { go } from "./route";
import { byDate, newTitle, nightOf, today } from "./shelves";
import { useSurroundings } from "./surroundings";
import { useToasts } from "./toasts";
import { Icon } from "./ui";
import { useBriefs } from "./useBriefs";

interface CarryDialogProps {
  load: Load;
  onClose: () => void;
  /** They are there. */
  onCarried: () => void;
}

export function CarryDialog({ load, onClose, onCarried }: CarryDialogProps): ReactNode {
  const { band, contents, rest, listKey } = useSurroundings();
  const { from, items, isMove } = load;
  const others = contents.filter(({ id, kind }) => kind === from.kind && id !== from.id);
  const briefs = useBriefs(rest, band.id, from.kind, others, listKey(from.kind));
  const isOffline = useConnection().link.state !== "online";
  const open = useOpenContents();
  const say = useToasts();

  useEffect(() => () => goOnBeside(load), [load]);

  const carried = (title: string, id: string, takeBack: () => Promise<void>): void => {
    onCarried();
    say({
      text: `${wordsFor(items)} ${items.length === 1 ? "is" : "are"} ${isMove ? "moved" : "copied"} to “${title}”.`,
      action: { label: "Take back", run: () => void takeBack().catch((error: unknown) => failed(`“${title}” still has ${wordsFor(items)}`, error)) },
      other: { label: "Open it", run: () => go({ band: band.id, content: id }) },
      isImportant: true,
    });
  };
  const failed = (what: string, error: unknown): void => say({ text: `${what}: ${whyOf(error)}`, isImportant: true });
  const notGone = (title: string, error: unknown): void => failed(`Nothing went to “${title}”`, error);
  const take = ({ id, title }: Summary): void => {
    onClose();
    carry(open, load, id).then((takeBack) => carried(title || "Untitled", id, takeBack), (error: unknown) => notGone(title, error));
  };
  const takeToNew = (): void => {
    onClose();
    const title = newTitle(from.kind);
    carryToNew(open, load, rest, title).then(({ id, takeBack }) => carried(title, id, takeBack), (error: unknown) => notGone(title, error));
  };

  const isStuck = isMove && isOffline;
  return (
    <Dialog
      title={`${isMove ? "Move" : "Copy"} ${wordsFor(items)} to`}
      onClose={onClose}
      foot={
        <button type="button" className="button" disabled={isOffline} onClick={takeToNew}>
          <Icon name="add" /> {newTitle(from.kind)}
        </button>
      }
    >
      {isOffline ? <p className="quiet">{isMove ? NO_MOVE : NO_LINE}</p> : null}
      {others.length === 0 ? <p className="quiet">There is no other yet.</p> : null}
      <ul className="carry">
        {byDate(others, briefs, today()).map((summary) => (
          <li key={summary.id}>
            <button type="button" className="card" disabled={isStuck} onClick={() => take(summary)}>
              <strong>{summary.title || "Untitled"}</strong>
              <span className="quiet">{nightOf(briefs.get(summary.id))}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** The button that was pressed may go with its row: the focus is at the first row that stays, else where songs are added. */
function goOnBeside({ from, items, isMove }: Load): void {
  const first = from.ordered.indexOf(items[0]!);
  const going = new Set(isMove ? items.map(({ id }) => id) : []);
  const stays = [...from.ordered.slice(first), ...from.ordered.slice(0, first).reverse()].find(({ id }) => !going.has(id));
  const selector = stays ? `[data-item="${CSS.escape(stays.id)}"] .row-number` : "[data-add]";
  document.querySelector<HTMLElement>(selector)?.focus();
}

const NO_LINE = "Offline: they can be copied to what is kept on this device, and go out once there is a line.";
const NO_MOVE = "Offline: to move them takes a line, so that they are never in neither. They can be copied.";

function whyOf(error: unknown): string {
  if (error instanceof OutOfReach) return "it is not kept on this device, and takes a line.";
  return error instanceof Error ? error.message : String(error);
}
