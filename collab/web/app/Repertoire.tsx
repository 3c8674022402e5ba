/** The songs that a band knows, with a search over them. */

import { type ReactNode, useMemo, useState } from "react";
import { newId } from "../react";
import { Entry } from "./Row";
import type { PageProps } from "./SetlistPage";
import { Icon } from "./ui";

/** Rows shown at once; a search finds the rest. */
const MOST = 200;

export function Repertoire({ content, document, others, isReadOnly }: PageProps): ReactNode {
  const [wanted, setWanted] = useState("");
  const songs = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    return document.ordered.filter(({ fields }) => {
      const text = [fields.title, fields.artist, fields.key, fields.style].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [document, wanted]);

  const add = (): void => {
    const title = wanted.trim().slice(0, 200);
    const position = document.positionAt(document.ordered.length);
    content.edit({ op: "insert", item: { id: newId(), type: "song", position, fields: title ? { title } : {} } });
  };

  return (
    <div className="setlist">
      <section className="head" aria-label="The repertoire">
        <h1>{String(document.fields.title ?? "Repertoire")}</h1>
        <div className="search">
          <input
            className="box"
            type="search"
            aria-label="Search the songs"
            placeholder={`Search ${document.items.size} songs`}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
          {isReadOnly ? null : (
            <button type="button" className="button" onClick={add}>
              <Icon name="add" /> New song
            </button>
          )}
        </div>
      </section>
      <ol className="rows is-plain" aria-label="Songs">
        {songs.slice(0, MOST).map((item) => (
          <li key={item.id} data-item={item.id}>
            <Entry {...{ content, item, others, isReadOnly }} title={String(item.fields.title ?? "Untitled")} />
          </li>
        ))}
      </ol>
      {songs.length > MOST ? <p className="quiet">{songs.length - MOST} more: search for them.</p> : null}
      {songs.length === 0 ? <p className="empty">No song matches.</p> : null}
    </div>
  );
}
