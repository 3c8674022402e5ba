/** How one player reads charts: kept on their own device, and nobody else's view changes with it. */

import { useCallback, useSyncExternalStore } from "react";
import type { Instrument } from "../charts";
import { useCollab } from "../react";
import { playerKey } from "./keys";
import { keep, recall } from "./storage";

export interface Player {
  instrument: Instrument;
  hasNumbers: boolean;
  hasChords: boolean;
  hasDiagrams: boolean;
  /** How large a chart, and all on stage, is beside its usual size. */
  size: number;
  isStageLight: boolean;
  /** Whether the tempo is seen on stage. */
  hasFlash: boolean;
  /** Their capo for single songs, where it is not the one that the band wrote down. */
  capos: Readonly<Record<string, number>>;
}

const USUAL: Player = {
  instrument: "C",
  hasNumbers: false,
  hasChords: true,
  hasDiagrams: false,
  size: 1,
  isStageLight: false,
  hasFlash: false,
  capos: {},
};

const players = new Map<string, Player>();
const watchers = new Set<() => void>();

function playerOf(userId: string): Player {
  const known = players.get(userId) ?? { ...USUAL, ...recall<Partial<Player>>(playerKey(userId)) };
  players.set(userId, known);
  return known;
}

/** Calls `watcher` when a view changes, in this tab or another. Returns how to stop that. */
function watch(watcher: () => void): () => void {
  const elsewhere = (event: StorageEvent): void => {
    for (const userId of players.keys()) if (event.key === playerKey(userId)) players.delete(userId);
    watcher();
  };
  watchers.add(watcher);
  addEventListener("storage", elsewhere);
  return () => {
    watchers.delete(watcher);
    removeEventListener("storage", elsewhere);
  };
}

/** The view of whoever is at the page, and how to change some of it. */
export function usePlayer(): [Player, (change: Partial<Player>) => void] {
  const { userId } = useCollab();
  const player = useSyncExternalStore(watch, () => playerOf(userId));
  const change = useCallback(
    (change: Partial<Player>) => {
      const next = { ...playerOf(userId), ...change };
      players.set(userId, next);
      keep(playerKey(userId), next);
      for (const watcher of watchers) watcher();
    },
    [userId],
  );
  return [player, change];
}
