/** What the server says of a user before any band is open; while it can't be asked, what it said last. */

import { useEffect, useState } from "react";
import { type Band, Document, type Problem, type Rest, RestError, useAdmitted, useCollab } from "../react";
import { Kinds } from "./kinds";
import { lostToast } from "./notices";
import { type Known, remembered } from "./session";
import { useToasts } from "./toasts";

const NOT_YOURS: Problem = { code: "forbidden", message: "expected a member of the band" };

interface Asked {
  /** Null while nothing is known. */
  known: Known | null;
  problem: RestError | null;
  /** A band was made here. */
  add: (band: Band) => void;
}

export function useKnown(rest: Rest): Asked {
  const { connection, store, userId } = useCollab();
  const isAdmitted = useAdmitted();
  const say = useToasts();
  const [told, setTold] = useState<Known | null>(null);
  const [problem, setProblem] = useState<RestError | null>(null);

  useEffect(() => {
    let isOver = false;
    const ask = async (): Promise<void> => {
      try {
        const [me, { kinds }] = await Promise.all([rest.me(), rest.kinds()]);
        if (isOver) return;
        const now = { ...me, kinds };
        remembered.set(userId, now);
        // What is the same stays the same: nothing is shown anew.
        setTold((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
        setProblem(null);
        const lost = await store.forget(({ confirmed }) => me.bands.some(({ id }) => id === confirmed.band_id)).catch(() => []);
        for (const { confirmed, pending } of lost) {
          const ops = pending.flatMap((entry) => entry.ops);
          say(lostToast(ops, Document.fromJson(confirmed), new Kinds(kinds), NOT_YOURS));
        }
      } catch (error) {
        if (!isOver && error instanceof RestError) setProblem(error);
      }
    };
    const again = (): void => void ask();
    again();
    addEventListener("online", again);
    connection.onMembership = again;
    return () => {
      isOver = true;
      removeEventListener("online", again);
      delete connection.onMembership;
    };
  }, [rest, userId, connection, store, say]);

  const [kept, setKept] = useState<Known | null>(null);
  useEffect(() => {
    if (isAdmitted) setKept(remembered.get(userId));
  }, [isAdmitted, userId]);
  const known = told ?? kept;
  return { known, problem, add: (band) => known && setTold({ ...known, bands: [...known.bands, band] }) };
}
