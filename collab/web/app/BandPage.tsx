/** The frame of a band: what it shares at the side, who is there at the top, and one content in the middle. */

import { type ReactNode, useEffect } from "react";
import {
  type Band,
  type BandState,
  type Rest,
  RestError,
  type Summary,
  useBand,
  useConnection,
  usePresence,
  type User,
} from "../react";
import { ContentPage } from "./ContentPage";
import { go, pathOf, type Route } from "./route";
import { useToasts } from "./toasts";
import { Avatars, Icon, IconButton, ThemeButton } from "./ui";

interface BandPageProps {
  band: Band;
  bands: Band[];
  me: User;
  rest: Rest;
  route: Route;
}

export function BandPage({ band, bands, me, rest, route }: BandPageProps): ReactNode {
  const { band: room, state } = useBand(band.id);
  const people = usePresence(room);
  const contents = useContents(band.id, state);
  const say = useToasts();
  const role = state.role ?? band.role;
  const setlists = contents.filter(({ kind }) => kind === "setlist");
  const repertoire = contents.find(({ kind }) => kind === "repertoire");

  useEffect(() => {
    room.onArrival = (user) => say({ text: `${user.name} is here.` });
    room.onDeparture = (_left, name) => say({ text: `${name} left.` });
  }, [room, say]);

  const make = async (kind: string, title: string): Promise<void> => {
    try {
      const made = await rest.createContent(band.id, kind, title);
      go({ band: band.id, content: made.id });
    } catch (error) {
      if (error instanceof RestError) say({ text: `That did not work: ${error.message}`, isImportant: true });
    }
  };

  if (route.content) {
    return (
      <ContentPage
        key={route.content}
        contentId={route.content}
        band={band}
        repertoireId={repertoire?.id ?? null}
        people={people}
        me={me}
        rest={rest}
        view={route.view}
        side={<Side {...{ band, bands, setlists, repertoire, role, make }} current={route.content} />}
      />
    );
  }
  return (
    <div className="frame">
      <Side {...{ band, bands, setlists, repertoire, role, make }} current={null} />
      <main className="main">
        <header className="bar">
          <h1 className="bar-title">{band.name}</h1>
          <LinkState />
          <Avatars people={people} me={me.id} />
          <ThemeButton />
        </header>
        <section className="home" aria-label="Setlists">
          <h2>Setlists</h2>
          {setlists.length === 0 ? <p className="quiet">No setlist yet.</p> : null}
          <ul className="cards">
            {setlists.map((summary) => (
              <li key={summary.id}>
                <a className="card" href={pathOf({ band: band.id, content: summary.id })}>
                  <strong>{summary.title || "Untitled"}</strong>
                  <span className="quiet">{lastChange(summary)}</span>
                </a>
              </li>
            ))}
          </ul>
          {role === "viewer" ? null : (
            <button type="button" className="button" onClick={() => void make("setlist", "New setlist")}>
              <Icon name="add" /> New setlist
            </button>
          )}
          <h2>Songs</h2>
          {repertoire ? (
            <a className="card" href={pathOf({ band: band.id, content: repertoire.id })}>
              <strong>{repertoire.title || "Repertoire"}</strong>
              <span className="quiet">{lastChange(repertoire)}</span>
            </a>
          ) : role === "viewer" ? null : (
            <button type="button" className="button" onClick={() => void make("repertoire", "Repertoire")}>
              <Icon name="add" /> Begin the repertoire
            </button>
          )}
        </section>
      </main>
    </div>
  );
}

interface SideProps {
  band: Band;
  bands: Band[];
  setlists: readonly Summary[];
  repertoire: Summary | undefined;
  role: string;
  current: string | null;
  make: (kind: string, title: string) => Promise<void>;
}

function Side({ band, bands, setlists, repertoire, role, current, make }: SideProps): ReactNode {
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
          {bands.map(({ id, name }) => (
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
      <h2>
        Setlists
        {role === "viewer" ? null : (
          <IconButton icon="add" label="New setlist" onClick={() => void make("setlist", "New setlist")} />
        )}
      </h2>
      <ul>{setlists.map(link)}</ul>
      <h2>Songs</h2>
      <ul>{repertoire ? link(repertoire) : null}</ul>
    </nav>
  );
}

/** Whether the page is connected, where no content says so itself. */
export function LinkState(): ReactNode {
  const { link } = useConnection();
  if (link.state === "online") return null;
  const words = { connecting: "Connecting…", offline: "Offline", refused: "Not let in" }[link.state];
  return (
    <span className="saving is-offline" role="status">
      <Icon name="off" /> {words}
    </span>
  );
}

/** The band's contents, the newest change first; as last seen while there is no connection. */
function useContents(bandId: string, state: BandState): readonly Summary[] {
  const key = `collab-contents ${bandId}`;
  const isKnown = state.isJoined || state.contents.length > 0;
  useEffect(() => {
    if (isKnown) localStorage.setItem(key, JSON.stringify(state.contents));
  }, [key, isKnown, state.contents]);
  const contents = isKnown ? state.contents : (JSON.parse(localStorage.getItem(key) ?? "[]") as Summary[]);
  return [...contents].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
}

const lastChange = ({ updated_at, updated_by }: Summary): string =>
  `${updated_by.name}, ${new Date(updated_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
