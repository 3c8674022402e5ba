/** One entry of a setlist or song of the repertoire, edited in place. */

import { memo, type ReactNode } from "react";
import { type Content, type FieldTypes, type Item, newId, type Presence } from "../react";
import { Details } from "./Details";
import { Field } from "./Field";
import { FACTS, titleField, titleOf } from "./kinds";
import { part } from "./part";
import { type Say, useToasts } from "./toasts";
import { colored, IconButton } from "./ui";
import { fieldName, shortName } from "./words";

export interface EntryProps {
  content: Content;
  item: Item;
  /** The fields of its type. */
  types: FieldTypes;
  /** The others who are at it. */
  here: readonly Presence[];
  isReadOnly: boolean;
  isOpen: boolean;
  /** Opens its details, or closes them. */
  onOpen: (id: string) => void;
  /** Copies it to another list, or moves it there; where there may be others. */
  onCarry?: (id: string, isMove: boolean) => void;
  /** What stands before its fields. */
  lead?: ReactNode;
}

const RowTools = part(async () => (await import("./ChosenBar")).RowTools);

/** Ids that the page keeps by itself. */
const HIDDEN = ["song_id"];

/** The fields of an entry. It renders again only when something of its own changed. */
export const Entry = memo(function Entry(props: EntryProps): ReactNode {
  const { content, item, types, here, isReadOnly, isOpen, onOpen, onCarry, lead } = props;
  const title = titleOf(item, types);
  const say = useToasts();
  const { fields } = item;
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
      className={`row ${item.type === "break" ? "is-break" : ""} ${first ? "has-others" : ""} ${isOpen ? "is-open" : ""}`}
      style={first ? colored(first.user) : undefined}
    >
      {first ? <Names here={here} /> : null}
      <div className="row-main">
        {lead}
        {main ? field(main, "row-title") : <span className="row-title">{title}</span>}
        <div className="row-facts">{facts.map((name) => field(name, `row-${name}`))}</div>
        <IconButton
          icon="down"
          label={`Notes and details of ${title}`}
          className={`row-more ${isOpen ? "is-open" : ""}`}
          aria-expanded={isOpen}
          onClick={() => onOpen(item.id)}
        />
        {isReadOnly ? null : (
          <IconButton
            icon="trash"
            label={`Remove ${title}`}
            className="row-remove"
            onClick={() => remove(content, item, title, say)}
          />
        )}
      </div>
      {"notes" in types && (isOpen || fields.notes) ? <div className="row-notes">{field("notes", "")}</div> : null}
      {isOpen ? <Details {...common} item={item} types={types} fields={details} title={title} /> : null}
      {isOpen && onCarry && !isReadOnly ? (
        <RowTools title={title} onCarry={(isMove) => onCarry(item.id, isMove)} waiting={null} />
      ) : null}
    </div>
  );
});

/** Takes an entry out. For a while it can be put back as it was, whatever was edited since. */
function remove(content: Content, item: Item, title: string, say: Say): void {
  content.edit({ op: "remove", item: item.id });
  const putBack = (): void => content.edit({ op: "insert", item: { ...item, id: newId() } });
  say({ text: `“${title}” is taken out.`, action: { label: "Put it back", run: putBack }, isImportant: true });
}

/** Names that one row has room for. */
const MOST_NAMES = 3;

function Names({ here }: { here: readonly Presence[] }): ReactNode {
  const more = here.length - MOST_NAMES;
  return (
    <span className="row-names">
      {here.slice(0, MOST_NAMES).map(({ session_id, user }) => (
        <span key={session_id} style={colored(user)} data-user={user.id}>
          {shortName(user)}
        </span>
      ))}
      {more > 0 ? <span className="is-more">+{more}</span> : null}
    </span>
  );
}
