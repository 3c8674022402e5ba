/** The songs that a band knows, with a search over them. */

import { type CSSProperties, type ReactNode, useMemo, useRef, useState } from "react";
import { type FieldTypes, newId, type Rest } from "../react";
import { ContentHead } from "./ContentHead";
import { ImportButton } from "./ImportButton";
import { useKinds } from "./kinds";
import type { PageProps } from "./props";
import { Entry } from "./Row";
import { useHere, useIds, useOpen } from "./rows";
import { Icon } from "./ui";
import { useShownRows } from "./useShownRows";

const NO_FIELDS: FieldTypes = {};

export function Repertoire({ content, document, others, isReadOnly, rest }: PageProps & { rest: Rest }): ReactNode {
  const [wanted, setWanted] = useState("");
  const types = useKinds().itemsOf(document.kind).song ?? NO_FIELDS;
  const songs = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return document.ordered;
    const searched = Object.keys(types).filter((name) => types[name]!.type !== "text");
    return document.ordered.filter(({ fields }) => {
      const text = searched.map((name) => fields[name] ?? "").join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [document, types, wanted]);

  const list = useRef<HTMLOListElement>(null);
  const shown = useShownRows(list, useIds(songs), null);
  const here = useHere(others);
  const [open, toggle] = useOpen();

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
      <ol ref={list} className="rows is-plain" aria-label="Songs" style={{ "--rest": `${shown.rest_px}px` } as CSSProperties}>
        {shown.rows.map(({ id, index, gap_px }) => (
          <li
            key={id}
            ref={shown.measure}
            style={gap_px ? { marginTop: gap_px } : undefined}
            data-item={id}
            data-index={index}
            aria-setsize={songs.length}
            aria-posinset={index + 1}
          >
            <Entry {...{ content, types, isReadOnly }} item={songs[index]!} here={here(id)} isOpen={open.has(id)} onOpen={toggle} />
          </li>
        ))}
      </ol>
      {songs.length === 0 ? <p className="empty">No song matches.</p> : null}
    </div>
  );
}
