/** The frame of a band: what it shares at the side, who is there at the top, and one content in the middle. */

import { type ReactNode, useEffect } from "react";
import {
  type Band,
  type BandRoom,
  type BandState,
  type Rest,
  type Summary,
  useBand,
  useConnection,
  usePresence,
  type User,
} from "../react";
import { BandsButton } from "./BandsButton";
import { ContentFrame } from "./ContentFrame";
import { Home } from "./Home";
import { contentsKey, lastBandKey } from "./keys";
import { useKinds } from "./kinds";
import { useOnce } from "./once";
import { part, useTheRest } from "./part";
import { PeopleButton } from "./PeopleButton";
import { go, type Route } from "./route";
import { SavingState } from "./SavingState";
import { shelvesOf } from "./shelves";
import { Side } from "./Side";
import { SignOutButton } from "./SignOut";
import { keep, recall } from "./storage";
import { SurroundingsProvider } from "./surroundings";
import { useFailed, useToasts } from "./toasts";
import { Avatars, Icon, SkipLink, ThemeButton } from "./ui";

const ContentPage = part(async () => (await import("./ContentPage")).ContentPage, { isNext: true });

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
  useTheRest(state.isJoined);
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

  const listKey = (kind: string): string => contentsKey(me.id, `${band.id} briefs ${kind}`);
  if (route.content) {
    const side = <Side {...{ band, bands, shelves, make }} current={route.content} />;
    return (
      <SurroundingsProvider value={{ band, contents, rest, listKey }}>
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
      </SurroundingsProvider>
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
        <Home {...{ band, role, me, people, rest, shelves, make }} listKey={listKey} />
      </main>
    </div>
  );
}

const BAR_TO_COME = (
  <>
    <SavingState state={{ saving: "offline", pending: 0 }} />
    <span className="bar-tools" />
  </>
);

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
