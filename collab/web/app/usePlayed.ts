/** A song's chart as whoever is at the page plays it. */

import { useMemo } from "react";
import { played, type Played } from "../charts";
import type { Fields } from "../react";
import { usePlayer } from "./player";

/** `entry` is where it is played, a setlist's or the song itself; `songId` is what a player's capo is kept by. */
export function usePlayed(song: Fields, entry: Fields, songId: string): Played {
  const [{ instrument, hasNumbers, capos }] = usePlayer();
  const capo = capos[songId] ?? null;
  const chart = typeof song.chart === "string" ? song.chart : "";
  const { key: songKey, capo: songCapo } = song;
  const { key: entryKey, capo: entryCapo } = entry;
  // What else changes of a song, or is typed in its notes, changes nothing that is read here.
  return useMemo(
    () => played(chart, { key: songKey, capo: songCapo }, { key: entryKey, capo: entryCapo }, { instrument, capo, hasNumbers }),
    [chart, songKey, songCapo, entryKey, entryCapo, instrument, capo, hasNumbers],
  );
}
