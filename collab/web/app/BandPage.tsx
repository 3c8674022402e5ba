/** The frame of a band: what it shares at the side, who is there at the top, and one content in the middle. */

import { Fragment, type ReactNode, useEffect } from "react";
import {
  type Band,
  type BandRoom,
  type BandState,
  type Rest,
  type Role,
  type Summary,
  useBand,
  useConnection,
  usePresence,
  type User,
} from "../react";
import { BandsButton } from "./BandsButton";
import { ContentFrame } from "./ContentFrame";
import { ImportButton } from "./ImportButton";
import { type Kinds, kindName, useKinds } from "./kinds";
import { useOnce } from "./once";
import { part, useTheRest } from "./part";
import { PeopleButton } from "./PeopleButton";
import { go, pathOf, type Route } from "./route";
import { contentsKey, lastBandKey } from "./session";
import { SavingState } from "./SavingState";
import { SignOutButton } from "./SignOut";
import { keep, recall } from "./storage";
import { useFailed, useToasts } from "./toasts";
import { Avatars, Icon, IconButton, SkipLink, ThemeButton } from "./ui";

const ContentPage = part(async () => (await import("./ContentPage")).ContentPage);

interface BandPageProps {
  band: Band;
  bands: Band[];
  me: User;
  rest: Rest;
  route: Route;
  mayMake: boolean;
  onMade: (band: Band) => void;
}

export function BandPage({ band, bands, me, rest, route, mayMake, onMade }: BandPageProps): ReactNode {
  const { band: room, state } = useBand(band.id);
  const people = usePresence(room);
  const contents = useContents(contentsKey(me.id, band.id), state);
  const failed = useFailed();
  const once = useOnce();
  useComings(room, route.view === "stage");
  useTheRest(state.isJoined && !route.content);
  const role = state.role ?? band.role;
  const shelves = shelvesOf(contents, useKinds(), role);
  const repertoire = contents.find(({ kind }) => kind === "repertoire");

  useEffect(() => keep(lastBandKey(me.id), band.id), [me.id, band.id]);

  const make = (kind: string, title: string): void =>
    once(async () => {
      try {
        const made = await rest.createContent(band.id, kind, title);
        go({ band: band.id, content: made.id });
      } catch (error) {
        failed(error);
      }
    });

  if (route.content) {
    const side = <Side {...{ band, bands, shelves, make }} current={route.content} />;
    return (
      <ContentPage
        key={route.content}
        contentId={route.content}
        band={band}
        repertoire={repertoire ?? null}
        people={people}
        me={me}
        rest={rest}
        view={route.view}
        side={side}
        waiting={
          <ContentFrame band={band} side={side} bar={BAR_TO_COME}>
            <p className="empty">One moment…</p>
          </ContentFrame>
        }
      />
    );
  }
  return (
    <div className="frame">
      <SkipLink />
      <Side {...{ band, bands, shelves, make }} current={null} />
      <main className="main">
        <header className="bar">
          <BandsButton {...{ band, bands, role, rest, mayMake, onMade }} />
          <LinkState />
          <Avatars people={people} me={me.id} />
          <PeopleButton band={band} role={role} me={me} rest={rest} />
          <ThemeButton />
          <SignOutButton />
        </header>
        <div className="home" data-content tabIndex={-1}>
          {shelves.map(({ kind, name, contents, mayMake }) => (
            <section key={kind} aria-label={name}>
              <h2>{name}</h2>
              {contents.length === 0 ? <p className="quiet">Nothing yet.</p> : null}
              <ul className="cards">
                {contents.map((summary) => (
                  <li key={summary.id}>
                    <a className="card" href={pathOf({ band: band.id, content: summary.id })}>
                      <strong>{summary.title || "Untitled"}</strong>
                      <span className="quiet">{lastChange(summary)}</span>
                    </a>
                  </li>
                ))}
              </ul>
              <div className="shelf-tools">
                {mayMake ? (
                  <button type="button" className="button" onClick={() => make(kind, newTitle(kind))}>
                    <Icon name="add" /> {newTitle(kind)}
                  </button>
                ) : null}
                {kind === "repertoire" && role !== "viewer" ? <ImportButton bandId={band.id} rest={rest} /> : null}
              </div>
            </section>
          ))}
        </div>
      </main>
    </div>
  );
}

interface SideProps {
  band: Band;
  bands: Band[];
  shelves: readonly Shelf[];
  current: string | null;
  make: (kind: string, title: string) => void;
}

function Side({ band, bands, shelves, current, make }: SideProps): ReactNode {
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

const BAR_TO_COME = (
  <>
    <SavingState state={{ saving: "offline", pending: 0 }} />
    <span className="bar-tools" />
  </>
);

/** The contents of one kind. */
interface Shelf {
  kind: string;
  name: string;
  contents: readonly Summary[];
  mayMake: boolean;
}

/** Every kind that the server knows, and any that a content is of. A band has one repertoire. */
function shelvesOf(contents: readonly Summary[], kinds: Kinds, role: Role): Shelf[] {
  return [...new Set([...kinds.names, ...contents.map(({ kind }) => kind)])].map((kind) => {
    const all = contents.filter((summary) => summary.kind === kind);
    const isFull = kind === "repertoire" && all.length > 0;
    return { kind, name: kindName(kind), contents: all, mayMake: role !== "viewer" && !isFull };
  });
}

const newTitle = (kind: string): string => (kind === "repertoire" ? "Repertoire" : `New ${kind.replaceAll("_", " ")}`);

/** Who is back within this time has reloaded the page. */
const RELOAD_MS = 3_000;

/** Says who comes and goes; not on stage, where nobody reads it. */
function useComings(room: BandRoom, isOnStage: boolean): void {
  const say = useToasts();
  useEffect(() => {
    if (isOnStage) return;
    const going = new Map<string, ReturnType<typeof setTimeout>>();
    room.onArrival = (user) => {
      clearTimeout(going.get(user.id));
      if (!going.delete(user.id)) say({ text: `${user.name} is here.` });
    };
    room.onDeparture = ({ user_id }, name) => {
      const tell = (): void => {
        going.delete(user_id);
        say({ text: `${name} left.` });
      };
      going.set(user_id, setTimeout(tell, RELOAD_MS));
    };
    return () => {
      delete room.onArrival;
      delete room.onDeparture;
      for (const timer of going.values()) clearTimeout(timer);
    };
  }, [room, say, isOnStage]);
}

/** Whether the page is connected, where no content says so itself. */
export function LinkState(): ReactNode {
  const { link } = useConnection();
  if (link.state === "online") return null;
  const isTried = link.state === "refused" && !link.isFinal;
  const words = { connecting: "Connecting…", offline: "Offline", refused: isTried ? "Not let in yet…" : "Not let in" }[link.state];
  return (
    <span className="saving is-offline" role="status">
      <Icon name="off" /> {words}
    </span>
  );
}

/** The band's contents, the newest change first; as last seen while there is no connection. */
function useContents(key: string, state: BandState): readonly Summary[] {
  const isKnown = state.isJoined || state.contents.length > 0;
  useEffect(() => {
    if (isKnown) keep(key, state.contents);
  }, [key, isKnown, state.contents]);
  const contents = isKnown ? state.contents : (recall<Summary[]>(key) ?? []);
  return [...contents].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
}

const lastChange = ({ updated_at, updated_by }: Summary): string =>
  `${updated_by.name}, ${new Date(updated_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
