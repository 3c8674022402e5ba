/** React hooks over the SDK: a band, a content, and who is there. */

import { createContext, createElement, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import {
  Admission,
  BandRoom,
  type BandState,
  BrowserStore,
  Connection,
  type ConnectionOptions,
  Content,
  type ContentState,
  type Link,
  newId,
  NoStore,
  type Store,
  type Watchable,
} from "../sdk";

export * from "../sdk";

interface Collab {
  connection: Connection;
  userId: string;
  admission: Admission;
  store: Store;
}

const CollabContext = createContext<Collab | null>(null);

export interface CollabProviderProps extends ConnectionOptions {
  userId: string;
  children?: ReactNode;
}

/** Holds the one connection of a page: opens it, follows the network, and leaves at once when the tab closes. */
export function CollabProvider({ userId, token, url, path, children }: CollabProviderProps): ReactNode {
  const collab = useMemo<Collab>(
    () => {
      const admission = new Admission(userId);
      const mayOpen = (): Promise<void> => admission.admitted();
      return {
        connection: new Connection({
          token,
          ...(url === undefined ? {} : { url }),
          ...(path === undefined ? {} : { path }),
        }),
        userId,
        admission,
        // A server that renders the page has no disk to keep things on.
        store: typeof indexedDB === "undefined" ? new NoStore() : new BrowserStore(userId, tabId(), undefined, undefined, mayOpen),
      };
    },
    // Another token, or a new function at each render, is no new connection.
    [userId, url, path],
  );
  useEffect(() => collab.connection.renew(token), [collab, token]);
  useEffect(() => {
    const { admission, connection } = collab;
    // Whoever gets tokens by a function knows who is there by a login of its own.
    if (typeof token !== "string") void admission.accept();
    else void admission.show(token);
    return connection.subscribe(() => {
      const link = connection.getState();
      if (typeof token === "string" && link.state === "online" && link.session.user.id === userId) void admission.accept(token);
    });
  }, [collab, token, userId]);
  useEffect(() => {
    const { connection } = collab;
    const leave = (): void => connection.leave();
    const offline = (): void => connection.suspend();
    const online = (): void => connection.connect();
    const shown = (event: PageTransitionEvent): void => {
      if (event.persisted) connection.connect();
    };
    if (navigator.onLine) connection.connect();
    else connection.suspend();
    addEventListener("pagehide", leave);
    addEventListener("pageshow", shown);
    addEventListener("offline", offline);
    addEventListener("online", online);
    return () => {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", shown);
      removeEventListener("offline", offline);
      removeEventListener("online", online);
      connection.disconnect();
    };
  }, [collab]);
  return createElement(CollabContext.Provider, { value: collab }, children);
}

/** The connection, and whether it is up. */
export function useConnection(): { connection: Connection; link: Link } {
  const { connection } = useCollab();
  return { connection, link: useWatched(connection) };
}

/** Whether the server has said who is here; until then nothing that was kept is shown. */
export function useAdmitted(): boolean {
  return useWatched(useCollab().admission);
}

/** Ends the connection, and forgets all that is kept of the user on this device. Reload the page then. */
export function useSignOut(): () => Promise<void> {
  const { admission, connection, store } = useCollab();
  return useCallback(async () => {
    connection.disconnect();
    admission.forget();
    await store.end();
  }, [admission, connection, store]);
}

/** A band: what it shares, who is online, one's role. */
export function useBand(bandId: string): { band: BandRoom; state: BandState } {
  const { connection } = useCollab();
  const band = useMemo(() => new BandRoom(bandId, connection), [bandId, connection]);
  useEffect(() => {
    band.open();
    return () => band.close();
  }, [band]);
  return { band, state: useWatched(band) };
}

/** A content, open for editing: its first state has no document yet. */
export function useContent(contentId: string): { content: Content; state: ContentState } {
  const { connection, userId, store } = useCollab();
  const [content, setContent] = useState(() => new Content(contentId, userId, connection, store));
  useEffect(() => {
    const opened = new Content(contentId, userId, connection, store);
    setContent(opened);
    void opened.open();
    return () => opened.close();
  }, [contentId, userId, connection, store]);
  return { content, state: useWatched(content) };
}

/** Who is in a content's or a band's room: one entry a person. */
export function usePresence(room: Watchable<ContentState> | Watchable<BandState>): ContentState["roster"]["people"] {
  return useWatched<{ roster: ContentState["roster"] }>(room as Watchable<{ roster: ContentState["roster"] }>).roster.people;
}

/** Has something done when the page goes, while it can still be sent: a field's last word, say. */
export function useBeforeLeave(finish: () => void): void {
  const { connection } = useCollab();
  const latest = useRef(finish);
  latest.current = finish;
  useEffect(() => connection.beforeLeave(() => latest.current()), [connection]);
}

export function useCollab(): Collab {
  const collab = useContext(CollabContext);
  if (!collab) throw new Error("expected a CollabProvider above");
  return collab;
}

function useWatched<State>(watchable: Watchable<State>): State {
  return useSyncExternalStore(watchable.subscribe, watchable.getState, watchable.getState);
}

/** One id a tab: it survives a reload, and a copied tab gets its own from the lock. */
function tabId(): string {
  const known = sessionStorage.getItem("collab-tab");
  if (known) return known;
  const made = newId();
  sessionStorage.setItem("collab-tab", made);
  return made;
}
