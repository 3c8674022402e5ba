/** Adds to a list: a song by typing, the repertoire's where it has it, else a new one; all else by a button. */

import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from "react";
import { type Content, type Document, type FieldTypes, newId } from "../react";
import { factsOf, oneLine } from "./format";
import { copiedFields, type Song, useSongs } from "./songs";
import { Icon } from "./ui";
import { capital, folded } from "./words";

interface AddEntryProps {
  content: Content;
  document: Document;
  /** The types of entry that there are, with their fields. */
  types: Readonly<Record<string, FieldTypes>>;
  repertoireId: string | null;
}

export function AddEntry(props: AddEntryProps): ReactNode {
  if (!props.types.song) return <div className="add add-field">{buttonsOf(props)}</div>;
  return props.repertoireId ? <WithRepertoire key={props.repertoireId} {...props} repertoireId={props.repertoireId} /> : <SongField {...props} songs={NO_SONGS} />;
}

const NO_SONGS: readonly Song[] = [];

/** What a new entry of a type begins with. */
const BEGINNINGS: Record<string, object> = { break: { title: "Break", duration: 900 } };

function insert({ content, document }: AddEntryProps, type: string, fields: object): void {
  const position = document.positionAt(document.ordered.length);
  content.edit({ op: "insert", item: { id: newId(), type, position, fields: { ...fields } } });
}

function buttonsOf(props: AddEntryProps): ReactNode {
  return Object.keys(props.types)
    .filter((type) => type !== "song")
    .map((type) => (
      <button
        key={type}
        type="button"
        className="button is-small"
        onClick={() => insert(props, type, BEGINNINGS[type] ?? {})}
      >
        <Icon name={type === "break" ? "pause" : "add"} /> {capital(type.replaceAll("_", " "))}
      </button>
    ));
}

function WithRepertoire(props: AddEntryProps & { repertoireId: string }): ReactNode {
  const { songs, look } = useSongs(props.repertoireId, props.types.song!);
  return <SongField {...props} songs={songs} onOpen={look} />;
}

const MOST = 7;

interface SongFieldProps extends AddEntryProps {
  songs: readonly Song[];
  onOpen?: () => void;
}

function SongField({ songs, onOpen, ...props }: SongFieldProps): ReactNode {
  const { document, types } = props;
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const found = useMemo(() => search(songs, typed, document), [songs, typed, document]);
  const isNew = typed.trim() !== "" && !found.some(({ fields }) => folded(fields.title) === folded(typed.trim()));
  const count = found.length + (isNew ? 1 : 0);
  const at = Math.min(chosen, Math.max(count - 1, 0));

  const add = (index: number): void => {
    const song = found[index];
    const title = [...oneLine(typed)].slice(0, 200).join("");
    if (song) insert(props, "song", copied(song, types.song!));
    else if (title) insert(props, "song", { title });
    setTyped("");
    setChosen(0);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setChosen((at + 1) % Math.max(count, 1));
    else if (event.key === "ArrowUp") setChosen((at - 1 + count) % Math.max(count, 1));
    else if (event.key === "Enter") add(at);
    else if (event.key === "Escape") setTyped("");
    else return;
    event.preventDefault();
  };

  return (
    <div className="add">
      <div className="add-field">
        <Icon name="add" />
        <input
          className="add-input"
          data-add
          aria-keyshortcuts="Control+Enter Meta+Enter"
          role="combobox"
          aria-label="Add a song"
          aria-expanded={count > 0 && typed !== ""}
          aria-controls={`${id}-list`}
          aria-activedescendant={count > 0 && typed ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          placeholder="Add a song"
          autoComplete="off"
          enterKeyHint="done"
          value={typed}
          onFocus={onOpen}
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
          onKeyDown={pressed}
        />
        {buttonsOf(props)}
      </div>
      <ul className="add-list" id={`${id}-list`} role="listbox" aria-label="Songs" hidden={count === 0 || typed === ""}>
        {found.map((song, index) => (
          <li
            key={song.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => add(index)}
          >
            <span>{String(song.fields.title)}</span>
            <span className="quiet">{factsOf(song, types.song!)}</span>
          </li>
        ))}
        {isNew ? (
          <li
            id={`${id}-${found.length}`}
            role="option"
            aria-selected={at === found.length}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => add(found.length)}
          >
            <span>“{typed.trim()}”</span>
            <span className="quiet">a new song</span>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

/** Songs whose title or artist has every word typed; those that begin with it, and those not in the set yet, first. */
function search(songs: readonly Song[], typed: string, document: Document): Song[] {
  const words = folded(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const used = new Set([...document.items.values()].map(({ fields }) => fields.song_id));
  const rank = (song: Song): number =>
    (used.has(song.id) ? 2 : 0) + (folded(song.fields.title).startsWith(words.join(" ")) ? 0 : 1);
  return songs
    .filter(({ fields }) => {
      const text = `${folded(fields.title)} ${folded(fields.artist)}`;
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || folded(a.fields.title).localeCompare(folded(b.fields.title)))
    .slice(0, MOST);
}

function copied(song: Song, types: FieldTypes): object {
  const names = copiedFields(types).filter((name) => song.fields[name] !== undefined);
  return { ...Object.fromEntries(names.map((name) => [name, song.fields[name]])), song_id: song.id };
}
