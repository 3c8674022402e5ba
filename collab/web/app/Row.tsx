/** One entry of a setlist or song of the repertoire, edited in place. */

import { useSortable } from "@dnd-kit/sortable";
import { type CSSProperties, memo, type ReactNode, useState } from "react";
import type { Content, Item, Presence } from "../react";
import { LineField, TextField } from "./fields";
import { CAPO, DURATION, KEY, LINK, SIGNATURE, TEMPO } from "./format";
import { colored, Icon, IconButton } from "./ui";

interface RowProps {
  content: Content;
  item: Item;
  number: number | null;
  at: string | null;
  setEnd: string | null;
  others: readonly Presence[];
  isReadOnly: boolean;
}

/** A row renders again only when its item changed or somebody came to it, left it, or moved in it. */
export const Row = memo(SortableRow, (a, b) => {
  const isSame = (Object.keys(a) as (keyof RowProps)[]).every((key) => key === "others" || a[key] === b[key]);
  return isSame && JSON.stringify(hereOf(a)) === JSON.stringify(hereOf(b));
});

const hereOf = ({ others, item }: Pick<RowProps, "others" | "item">): Presence[] =>
  others.filter(({ focus }) => focus?.item === item.id);

function SortableRow(props: RowProps): ReactNode {
  const { item, isReadOnly, number, at, setEnd } = props;
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({
    id: item.id,
    disabled: isReadOnly,
  });
  const style: CSSProperties = transform
    ? { transform: `translate3d(0, ${Math.round(transform.y)}px, 0)`, ...(transition ? { transition } : {}) }
    : {};
  const title = String(item.fields.title ?? (item.type === "break" ? "Break" : "Untitled"));
  const { role: _role, ...handle } = attributes;
  return (
    <li ref={setNodeRef} style={style} className={isDragging ? "is-dragging" : ""} data-item={item.id}>
      {setEnd === null ? null : <p className="set-end">{setEnd}</p>}
      <Entry {...props} title={title}>
        {isReadOnly ? null : (
          <button
            type="button"
            className="grip"
            ref={setActivatorNodeRef}
            {...handle}
            {...listeners}
            aria-label={`Move ${title}`}
          >
            <Icon name="grip" />
          </button>
        )}
        <span className="row-number">{number ?? ""}</span>
        <span className="row-at">{at ?? ""}</span>
      </Entry>
    </li>
  );
}

/** The fields of an entry; `children` stand before them. */
export function Entry({
  content,
  item,
  others,
  isReadOnly,
  title,
  children,
}: Pick<RowProps, "content" | "item" | "others" | "isReadOnly"> & { title: string; children?: ReactNode }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { fields, type } = item;
  const here = hereOf({ others, item });
  const first = here[0];
  const common = { content, item: item.id, isReadOnly };
  const notes = typeof fields.notes === "string" ? fields.notes : "";
  const isSong = type !== "break";
  return (
    <div
      className={`row ${isSong ? "" : "is-break"} ${first ? "has-others" : ""}`}
      style={first ? colored(first.user) : undefined}
    >
      {first ? <Names here={here} /> : null}
      <div className="row-main">
        {children}
        <LineField {...common} field="title" value={fields.title} label={`Title of ${title}`} placeholder="Title" className="row-title" />
        <div className="row-facts">
          {isSong ? (
            <>
              <LineField {...common} field="key" value={fields.key} label={`Key of ${title}`} format={KEY} placeholder="Key" className="row-key" />
              <LineField {...common} field="tempo" value={fields.tempo} label={`Tempo of ${title}`} format={TEMPO} placeholder="bpm" className="row-tempo" inputMode="decimal" />
            </>
          ) : null}
          <LineField {...common} field="duration" value={fields.duration} label={`Length of ${title}`} format={DURATION} placeholder="0:00" className="row-length" />
        </div>
        <IconButton
          icon="down"
          label={`Notes and details of ${title}`}
          className={`row-more ${isOpen ? "is-open" : ""}`}
          aria-expanded={isOpen}
          onClick={() => setOpen((is) => !is)}
        />
        {isReadOnly ? null : (
          <IconButton
            icon="trash"
            label={`Remove ${title}`}
            className="row-remove"
            onClick={() => content.edit({ op: "remove", item: item.id })}
          />
        )}
      </div>
      {isOpen || notes ? (
        <div className="row-notes">
          <TextField
            {...common}
            field="notes"
            value={notes}
            label={`Notes of ${title}`}
            placeholder="Notes"
            others={here.filter(({ focus }) => focus?.field === "notes")}
          />
        </div>
      ) : null}
      {isOpen && isSong ? (
        <div className="row-details">
          <Detail name="Artist"><LineField {...common} field="artist" value={fields.artist} label={`Artist of ${title}`} /></Detail>
          <Detail name="Lead"><LineField {...common} field="lead" value={fields.lead} label={`Lead of ${title}`} placeholder="Who sings or solos" /></Detail>
          <Detail name="Time"><LineField {...common} field="time_signature" value={fields.time_signature} label={`Time signature of ${title}`} format={SIGNATURE} placeholder="4/4" /></Detail>
          <Detail name="Capo"><LineField {...common} field="capo" value={fields.capo} label={`Capo of ${title}`} format={CAPO} placeholder="Fret" inputMode="numeric" /></Detail>
          <Detail name="Tuning"><LineField {...common} field="tuning" value={fields.tuning} label={`Tuning of ${title}`} /></Detail>
          <Detail name="Link"><LineField {...common} field="link" value={fields.link} label={`Link of ${title}`} format={LINK} placeholder="https://" inputMode="url" /></Detail>
        </div>
      ) : null}
    </div>
  );
}

function Detail({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <label className="detail">
      <span>{name}</span>
      {children}
    </label>
  );
}

function Names({ here }: { here: readonly Presence[] }): ReactNode {
  return (
    <span className="row-names">
      {here.map(({ session_id, user }) => (
        <span key={session_id} style={colored(user)} data-user={user.id}>
          {user.name.replace(/ \(.*\)/, "")}
        </span>
      ))}
    </span>
  );
}
