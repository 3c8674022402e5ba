/** One entry of a setlist or song of the repertoire, edited in place. */

import { useSortable } from "@dnd-kit/sortable";
import { type CSSProperties, memo, type ReactNode, useState } from "react";
import type { Content, FieldTypes, Item, Presence } from "../react";
import { Details } from "./Details";
import { Field } from "./Field";
import { fieldName, shortName } from "./format";
import { FACTS, titleField, titleOf } from "./kinds";
import { colored, Icon, IconButton } from "./ui";

interface RowProps {
  content: Content;
  item: Item;
  /** The fields of its type. */
  types: FieldTypes;
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
  const { item, types, isReadOnly, number, at, setEnd } = props;
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({
    id: item.id,
    disabled: isReadOnly,
  });
  const style: CSSProperties = transform
    ? { transform: `translate3d(0, ${Math.round(transform.y)}px, 0)`, ...(transition ? { transition } : {}) }
    : {};
  const title = titleOf(item, types);
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

/** Ids that the page keeps by itself. */
const HIDDEN = ["song_id"];

interface EntryProps extends Pick<RowProps, "content" | "item" | "types" | "others" | "isReadOnly"> {
  title: string;
  children?: ReactNode;
}

/** The fields of an entry; `children` stand before them. */
export function Entry({ content, item, types, others, isReadOnly, title, children }: EntryProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { fields } = item;
  const here = hereOf({ others, item });
  const first = here[0];
  const main = titleField(types);
  const facts = FACTS.filter((field) => field in types);
  const details = Object.keys(types).filter((field) => ![main, "notes", ...facts, ...HIDDEN].includes(field));
  const common = { content, item: item.id, isReadOnly, others: here };
  const field = (name: string, className: string): ReactNode => (
    <Field
      key={name}
      {...common}
      field={name}
      type={types[name]!}
      value={fields[name]}
      label={`${fieldName(name)} of ${title}`}
      className={className}
    />
  );
  return (
    <div
      className={`row ${item.type === "break" ? "is-break" : ""} ${first ? "has-others" : ""}`}
      style={first ? colored(first.user) : undefined}
    >
      {first ? <Names here={here} /> : null}
      <div className="row-main">
        {children}
        {main ? field(main, "row-title") : <span className="row-title">{title}</span>}
        <div className="row-facts">{facts.map((name) => field(name, `row-${name}`))}</div>
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
      {"notes" in types && (isOpen || fields.notes) ? <div className="row-notes">{field("notes", "")}</div> : null}
      {isOpen ? <Details {...common} item={item} types={types} fields={details} title={title} /> : null}
    </div>
  );
}

function Names({ here }: { here: readonly Presence[] }): ReactNode {
  return (
    <span className="row-names">
      {here.map(({ session_id, user }) => (
        <span key={session_id} style={colored(user)} data-user={user.id}>
          {shortName(user)}
        </span>
      ))}
    </span>
  );
}
