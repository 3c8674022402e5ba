/**
 * What is wanted in the van is there before anybody has opened it: the next gigs, and the charts of the repertoire.
 *
 * A record of the store is written by whoever has its content open: what was fetched for one is dropped once the list is
 * left, and what holds edits that are not sent yet is left alone.
 */

import { useEffect } from "react";
import { type Rest, type Role, type Store, type Summary, useCollab } from "../react";
import { CHART_FIELDS } from "./songbook";
import { useSongSource } from "./songs";
import { useRested } from "./useRested";

export function useAhead(rest: Rest, next: readonly Summary[], repertoireId: string | null, role: Role): void {
  const { store } = useCollab();
  const songs = useSongSource();
  const wanted = useRested(next.map(({ id, version }) => `${id} ${version}`).join());
  useEffect(() => {
    let isOver = false;
    const fetchAll = async (): Promise<void> => {
      for (const summary of next) if (!isOver) await fetchOne(rest, store, summary, role, () => isOver);
      if (next.length > 0 && repertoireId !== null && !isOver) await songs.fresh(repertoireId, CHART_FIELDS);
    };
    // Where it fails it is fetched the next time that the list is shown.
    void fetchAll().catch(() => undefined);
    return () => {
      isOver = true;
    };
    // `wanted` says all of `next` that matters.
  }, [rest, store, songs, wanted, repertoireId, role]);
}

async function fetchOne(rest: Rest, store: Store, { id, version }: Summary, role: Role, isOver: () => boolean): Promise<void> {
  const stored = await store.adopt(id);
  if (stored && (stored.pending.length > 0 || stored.confirmed.version >= version)) return;
  const confirmed = await rest.content(id);
  if (!isOver()) await store.keep(id, { confirmed, lastEdit: null, pending: [], role });
}
