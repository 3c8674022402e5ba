/** The songs that a band knows, with a search over them. */

import { type ReactNode, useMemo, useState } from "react";
import { type FieldTypes, newId, type Rest } from "../react";
import { ContentHead } from "./ContentHead";
import { ImportButton } from "./ImportButton";
import { titleOf, useKinds } from "./kinds";
import type { PageProps } from "./props";
import { Entry } from "./Row";
import { Icon } from "./ui";

/** Rows shown at once; a search finds the rest. */
const MOST = 200;
const NO_FIELDS: FieldTypes = {};

export function Repertoire({ content, document, others, isReadOnly, rest }: PageProps & { rest: Rest }): ReactNode {
  const [wanted, setWanted] = useState("");
  const types = useKinds().itemsOf(document.kind).song ?? NO_FIELDS;
  const songs = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const searched = Object.keys(types).filter((name) => types[name]!.type !== "text");
    return document.ordered.filter(({ fields }) => {
      const text = searched.map((name) => fields[name] ?? "").join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [document, types, wanted]);

  const add = (): void => {
    const title = wanted.trim().slice(0, 200);
    const position = document.positionAt(document.ordered.length);
    content.edit({ op: "insert", item: { id: newId(), type: "song", position, fields: title ? { title } : {} } });
  };

  return (
    <div className="setlist">
      <ContentHead {...{ content, document, others, isReadOnly }}>
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
            <>
              <button type="button" className="button" onClick={add}>
                <Icon name="add" /> New song
              </button>
              <ImportButton bandId={document.bandId} rest={rest} />
            </>
          )}
        </div>
      </ContentHead>
      <ol className="rows is-plain" aria-label="Songs">
        {songs.slice(0, MOST).map((item) => (
          <li key={item.id} data-item={item.id}>
            <Entry {...{ content, item, types, others, isReadOnly }} title={titleOf(item, types)} />
          </li>
        ))}
      </ol>
      {songs.length > MOST ? <p className="quiet">{songs.length - MOST} more: search for them.</p> : null}
      {songs.length === 0 ? <p className="empty">No song matches.</p> : null}
    </div>
  );
}
