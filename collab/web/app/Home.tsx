/** A band's first page: what it shares by kind, gigs by their date, and who is in each now. */

import { type ReactNode, useState } from "react";
import type { Band, Rest, Role, Summary, User } from "../react";
import { ImportButton } from "./ImportButton";
import { useKinds } from "./kinds";
import { part } from "./part";
import { pathOf } from "./route";
import { ahead, type Briefs, byDate, newTitle, nightOf, type Shelf, today } from "./shelves";
import { Icon } from "./ui";
import { useAhead } from "./useAhead";
import { useBriefs, usePlaces } from "./useBriefs";

const ArchivedDialog = part(async () => (await import("./ArchivedDialog")).ArchivedDialog);

interface HomeProps {
  band: Band;
  role: Role;
  me: User;
  people: { user: User }[];
  rest: Rest;
  shelves: readonly Shelf[];
  make: (kind: string, title: string) => void;
  /** Where the list is kept on the device. */
  listKey: (kind: string) => string;
}

export function Home({ band, role, me, people, rest, shelves, make, listKey }: HomeProps): ReactNode {
  const places = usePlaces(rest, band.id, people);
  const [isArchiveOpen, setArchiveOpen] = useState(false);
  const mayEdit = role !== "viewer";
  const repertoireId = shelves.find(({ kind }) => kind === "repertoire")?.contents[0]?.id ?? null;
  return (
    <div className="home" data-content tabIndex={-1}>
      {shelves.map((shelf) => (
        <section key={shelf.kind} aria-label={shelf.name}>
          <h2>{shelf.name}</h2>
          {shelf.contents.length === 0 ? <p className="quiet">Nothing yet.</p> : null}
          <Cards {...{ band, role, repertoireId, me, rest, shelf, places }} listKey={listKey(shelf.kind)} />
          <div className="shelf-tools">
            {shelf.mayMake ? (
              <button type="button" className="button" onClick={() => make(shelf.kind, newTitle(shelf.kind))}>
                <Icon name="add" /> {newTitle(shelf.kind)}
              </button>
            ) : null}
            {shelf.kind === "repertoire" && mayEdit ? <ImportButton bandId={band.id} rest={rest} /> : null}
          </div>
        </section>
      ))}
      {mayEdit ? (
        <button type="button" className="button is-small" onClick={() => setArchiveOpen(true)}>
          Archived
        </button>
      ) : null}
      {isSecureContext ? null : (
        <p className="quiet" role="note">
          By plain http a browser keeps no page for where there is no network, and does not keep the screen on. By https
          it does both.
        </p>
      )}
      {isArchiveOpen ? <ArchivedDialog band={band} rest={rest} onClose={() => setArchiveOpen(false)} waiting={null} /> : null}
    </div>
  );
}

interface CardsProps {
  band: Band;
  role: Role;
  repertoireId: string | null;
  me: User;
  rest: Rest;
  shelf: Shelf;
  places: ReadonlyMap<string, User[]>;
  listKey: string;
}

function Cards(props: CardsProps): ReactNode {
  const isOfGigs = "date" in useKinds().fieldsOf(props.shelf.kind);
  return isOfGigs ? <GigCards {...props} /> : <CardList {...props} contents={props.shelf.contents} briefs={NO_BRIEFS} />;
}

const NO_BRIEFS: Briefs = new Map();

function GigCards(props: CardsProps): ReactNode {
  const { rest, band, role, shelf, listKey, repertoireId } = props;
  const briefs = useBriefs(rest, band.id, shelf.kind, shelf.contents, listKey);
  useAhead(rest, briefs.size > 0 ? ahead(shelf.contents, briefs, today()) : [], repertoireId, role);
  return <CardList {...props} contents={byDate(shelf.contents, briefs, today())} briefs={briefs} />;
}

function CardList({ band, me, contents, briefs, places }: CardsProps & { contents: readonly Summary[]; briefs: Briefs }): ReactNode {
  return (
    <ul className="cards">
      {contents.map((summary) => {
        const facts = nightOf(briefs.get(summary.id));
        const others = (places.get(summary.id) ?? []).filter(({ id }) => id !== me.id).map(({ name }) => name);
        return (
          <li key={summary.id}>
            <a className="card" href={pathOf({ band: band.id, content: summary.id })}>
              <strong>{summary.title || "Untitled"}</strong>
              {facts ? <span>{facts}</span> : null}
              <span className="quiet">{lastChange(summary)}</span>
              {others.length > 0 ? <span className="card-here">In it now: {others.join(", ")}</span> : null}
            </a>
          </li>
        );
      })}
    </ul>
  );
}

const lastChange = ({ updated_at, updated_by }: Summary): string =>
  `${updated_by.name}, ${new Date(updated_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
