/** The one connection of a page, and what is kept of its user: made by the provider, found by every hook. */

import { createContext, createElement, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Admission, BrowserStore, Connection, type ConnectionOptions, type HostListener, type Link, newId, NoStore, type Store, type Watchable } from "../sdk";

interface Collab {
  connection: Connection;
  userId: string;
  admission: Admission;
  store: Store;
}

const CollabContext = createContext<Collab | null>(null);

export interface CollabProviderProps extends ConnectionOptions {
  userId: string;
  /** One that was made already, with that token. */
  connection?: Connection;
  children?: ReactNode;
}

/** Holds the one connection of a page: opens it, follows the network, and leaves at once when the tab closes. */
export function CollabProvider({ userId, token, url, path, connection: made, children }: CollabProviderProps): ReactNode {
  const collab = useMemo<Collab>(
    () => {
      const admission = new Admission(userId);
      const mayOpen = (): Promise<void> => admission.admitted();
      return {
        connection:
          made ??
          new Connection({
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
    [userId, url, path, made],
  );
  useEffect(() => collab.connection.renew(token), [collab, token]);
  useEffect(() => {
    const { admission, connection } = collab;
    // Whoever gets tokens by a function knows who is there by a login of its own.
    if (typeof token !== "string") void admission.accept();
    else void admission.show(token);
    const look = (): void => {
      const link = connection.getState();
      if (typeof token === "string" && link.state === "online" && link.session.user.id === userId) void admission.accept(token);
    };
    look();
    return connection.subscribe(look);
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

/** Has something done when the page goes, while it can still be sent: a field's last word, say. */
export function useBeforeLeave(finish: () => void): void {
  const { connection } = useCollab();
  const latest = useRef(finish);
  latest.current = finish;
  useEffect(() => connection.beforeLeave(() => latest.current()), [connection]);
}

/** Calls back with what the host application tells by way of the server: `content_updated`, `sync_status`, its own. */
export function useHostEvents(listener: HostListener): void {
  const { connection } = useCollab();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => connection.onHost((event, payload) => latest.current(event, payload)), [connection]);
}

export function useCollab(): Collab {
  const collab = useContext(CollabContext);
  if (!collab) throw new Error("expected a CollabProvider above");
  return collab;
}

export function useWatched<State>(watchable: Watchable<State>): State {
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
