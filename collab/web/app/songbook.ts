/**
 * The song of the repertoire that an entry of a setlist is: its chart is there, and is read in the entry's key. All
 * charts come at once, after what is shown, and are kept on the device for where there is no network; what becomes of
 * them meanwhile is followed.
 */

import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { Fields, Item } from "../react";
import { useFollowed } from "./followed";
import { type Song, useOutline } from "./songs";
import { folded } from "./words";

type Entry = Pick<Item, "fields">;

/** The fields of the song that an entry is; none where the repertoire has no such song, or is not known yet. */
export type SongOf = (entry: Entry) => Fields | undefined;

/** What is read of a song. */
export const CHART_FIELDS = ["title", "artist", "key", "capo", "chart"];

interface Songbook {
  songOf: SongOf;
  /** Has the charts fetched, or what is new of them: somebody looks at one. */
  want: () => void;
}

const SongbookContext = createContext<Songbook>({ songOf: () => undefined, want: () => undefined });
export const SongbookProvider = SongbookContext.Provider;

/** Finds songs; what is new of them is asked for now, and when another entry is looked at. */
export function useSongOf(entryId?: string): SongOf {
  const { songOf, want } = useContext(SongbookContext);
  useEffect(want, [want, entryId]);
  return songOf;
}

/** Nobody waits for charts that nobody looks at yet: what is edited first has the line to itself for so long. */
const LATER_MS = 15_000;

/** The songs of a repertoire as it is at a version, once somebody wants them or a while after `isShown`. */
export function useSongbook(repertoireId: string | null, version: number, isShown: boolean): Songbook {
  const [isWanted, setWanted] = useState(false);
  useEffect(() => {
    if (!isShown) return;
    const timer = setTimeout(() => setWanted(true), LATER_MS);
    return () => clearTimeout(timer);
  }, [isShown]);
  const { songs, version: shown, look } = useOutline(isWanted ? repertoireId : null, CHART_FIELDS);
  useEffect(look, [look, version]);
  useFollowed(isWanted ? repertoireId : null, shown, look);
  const want = useCallback(() => {
    setWanted(true);
    look();
  }, [look]);
  return useMemo(() => ({ songOf: finder(songs), want }), [songs, want]);
}

/** By the id that an entry has of its song, else by title and artist. */
export function finder(songs: readonly Song[]): SongOf {
  const byId = new Map(songs.map((song) => [song.id, song.fields]));
  const byName = new Map([...songs].reverse().map(({ fields }) => [nameOf(fields), fields]));
  return ({ fields }) => byId.get(String(fields.song_id)) ?? byName.get(nameOf(fields));
}

const nameOf = ({ title, artist }: Fields): string => JSON.stringify([folded(title), folded(artist)]);

/** What a player's capo for an entry's song is kept by: the song, wherever it is played. */
export const songIdOf = ({ id, fields }: Pick<Item, "id" | "fields">): string => String(fields.song_id ?? id);
