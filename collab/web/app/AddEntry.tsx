/** Adds a song by typing: the repertoire's where it has it, else a new one. */

import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from "react";
import { type Content, type Document, type Item, newId, useContent } from "../react";
import { clockOf } from "./format";
import { Icon } from "./ui";

interface AddEntryProps {
  content: Content;
  document: Document;
  repertoireId: string | null;
}

export function AddEntry(props: AddEntryProps): ReactNode {
  return props.repertoireId ? <WithRepertoire {...props} repertoireId={props.repertoireId} /> : <Field {...props} songs={[]} />;
}

function WithRepertoire(props: AddEntryProps & { repertoireId: string }): ReactNode {
  const { state } = useContent(props.repertoireId);
  return <Field {...props} songs={state.document?.ordered ?? []} />;
}

const COPIED = ["title", "artist", "key", "tempo", "duration", "time_signature", "capo", "tuning", "lead", "link"] as const;
const MOST = 7;

function Field({ content, document, songs }: AddEntryProps & { songs: readonly Item[] }): ReactNode {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const found = useMemo(() => search(songs, typed, document), [songs, typed, document]);
  const isNew = typed.trim() !== "" && !found.some(({ fields }) => plain(fields.title) === plain(typed.trim()));
  const count = found.length + (isNew ? 1 : 0);
  const at = Math.min(chosen, Math.max(count - 1, 0));

  const insert = (type: string, fields: Record<string, unknown>): void => {
    const position = document.positionAt(document.ordered.length);
    content.edit({ op: "insert", item: { id: newId(), type, position, fields } });
    setTyped("");
    setChosen(0);
  };
  const add = (index: number): void => {
    const song = found[index];
    if (song) insert("song", copied(song));
    else if (typed.trim()) insert("song", { title: typed.trim().slice(0, 200) });
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
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
          onKeyDown={pressed}
        />
        <button type="button" className="button is-small" onClick={() => insert("break", { title: "Break", duration: 900 })}>
          <Icon name="pause" /> Break
        </button>
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
            <span className="quiet">{facts(song)}</span>
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

const plain = (value: unknown): string =>
  String(value ?? "")
    .normalize("NFD")
    .replace(/[\u0300-\u036f'’.,!]/g, "")
    .toLowerCase();

/** Songs whose title or artist has every word typed; those that begin with it, and those not in the set yet, first. */
function search(songs: readonly Item[], typed: string, document: Document): Item[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const used = new Set([...document.items.values()].map(({ fields }) => fields.song_id));
  const rank = (song: Item): number =>
    (used.has(song.id) ? 2 : 0) + (plain(song.fields.title).startsWith(words.join(" ")) ? 0 : 1);
  return songs
    .filter(({ fields }) => {
      const text = `${plain(fields.title)} ${plain(fields.artist)}`;
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || plain(a.fields.title).localeCompare(plain(b.fields.title)))
    .slice(0, MOST);
}

function copied(song: Item): Record<string, unknown> {
  const fields = COPIED.filter((name) => song.fields[name] !== undefined).map((name) => [name, song.fields[name]]);
  return { ...Object.fromEntries(fields), song_id: song.id };
}

function facts({ fields }: Item): string {
  const parts = [fields.key, fields.tempo, typeof fields.duration === "number" ? clockOf(fields.duration) : null];
  return parts.filter((part) => part !== null && part !== undefined).join(" · ");
}
