/** What the server says of a user before any band is open; while it can't be asked, what it said last. */

import { useEffect, useState } from "react";
import { type Band, RestError, type Store, useAdmitted, useCollab } from "../react";
import { ask, type Entered } from "./entered";
import { type Known, remembered } from "./session";
import { type Say, useToasts } from "./toasts";

interface Asked {
  /** Null while nothing is known. */
  known: Known | null;
  problem: RestError | null;
  /** A band was made here. */
  add: (band: Band) => void;
}

export function useKnown({ rest, known: asked }: Entered): Asked {
  const { connection, store, userId } = useCollab();
  const isAdmitted = useAdmitted();
  const say = useToasts();
  const [told, setTold] = useState<Known | null>(null);
  const [problem, setProblem] = useState<RestError | null>(null);

  useEffect(() => {
    let isOver = false;
    const take = async (asked: Promise<Known>): Promise<void> => {
      try {
        const now = await asked;
        if (isOver) return;
        const before = remembered.get(userId);
        remembered.set(userId, now);
        if (before) void tellRoles(before, now, say).catch(() => undefined);
        // What is the same stays the same: nothing is shown anew.
        setTold((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
        setProblem(null);
        await forgetOthers(now, store, say).catch(() => undefined);
      } catch (error) {
        if (!isOver && error instanceof RestError) setProblem(error);
      }
    };
    const again = (): void => void take(ask(rest));
    void take(asked);
    addEventListener("online", again);
    connection.onMembership = again;
    return () => {
      isOver = true;
      removeEventListener("online", again);
      delete connection.onMembership;
    };
  }, [rest, asked, userId, connection, store, say]);

  const [kept, setKept] = useState<Known | null>(null);
  useEffect(() => {
    if (isAdmitted) setKept(remembered.get(userId));
  }, [isAdmitted, userId]);
  const known = told ?? kept;
  return { known, problem, add: (band) => known && setTold({ ...known, bands: [...known.bands, band] }) };
}

/** Says what somebody else has changed of what one may do. */
async function tellRoles(before: Known, now: Known, say: Say): Promise<void> {
  const { roleToasts } = await import("./notices");
  for (const toast of roleToasts(before.bands, now.bands)) say(toast);
}

/** Forgets what is kept of bands that one is in no more, and says which edits are lost with it. */
async function forgetOthers({ bands, kinds }: Known, store: Store, say: Say): Promise<void> {
  // The words come before anything is forgotten: a line that drops them would have it go in silence.
  const { forgottenToast } = await import("./notices");
  const lost = await store.forget(({ confirmed }) => bands.some(({ id }) => id === confirmed.band_id));
  for (const stored of lost) say(forgottenToast(stored, kinds));
}
