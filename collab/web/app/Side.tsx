/** What stands at the side where there is room: the band, and what it shares. */

import { Fragment, type ReactNode } from "react";
import type { Band, Summary } from "../react";
import { go, pathOf } from "./route";
import { newTitle, type Shelf } from "./shelves";
import { IconButton } from "./ui";

interface SideProps {
  band: Band;
  bands: Band[];
  shelves: readonly Shelf[];
  current: string | null;
  make: (kind: string, title: string) => void;
}

export function Side({ band, bands, shelves, current, make }: SideProps): ReactNode {
  const link = (summary: Summary): ReactNode => (
    <li key={summary.id}>
      <a
        className="side-link"
        href={pathOf({ band: band.id, content: summary.id })}
        aria-current={summary.id === current ? "page" : undefined}
      >
        {summary.title || "Untitled"}
      </a>
    </li>
  );
  return (
    <nav className="side" aria-label="The band">
      {bands.length > 1 ? (
        <select
          className="box side-band"
          aria-label="Band"
          value={band.id}
          onChange={(event) => go({ band: event.target.value })}
        >
          {bands.filter(({ id, is_archived }) => !is_archived || id === band.id).map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <a className="side-band" href={pathOf({ band: band.id })}>
          {band.name}
        </a>
      )}
      {shelves.map(({ kind, name, contents, mayMake }) => (
        <Fragment key={kind}>
          <h2>
            {name}
            {mayMake ? <IconButton icon="add" label={newTitle(kind)} onClick={() => make(kind, newTitle(kind))} /> : null}
          </h2>
          <ul>{contents.map(link)}</ul>
        </Fragment>
      ))}
    </nav>
  );
}
