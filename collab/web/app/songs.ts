/**
 * The songs of the repertoire, for who adds them to a setlist: of each what an entry takes over, asked for once a page
 * and again when somebody looks for a song, and kept on the device for where there is no network.
 */

import { createStore, delMany, get, keys, set } from "idb-keyval";
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { FieldTypes, Outline, Rest } from "../react";
import { useKinds } from "./kinds";

export type Song = Outline["items"][number];

const NO_SONGS: readonly Song[] = [];

export class Songs {
  readonly #known = new Map<string, Outline>();
  readonly #asked = new Map<string, Promise<Outline>>();
  readonly #disk = createStore("collab-songs", "outlines");

  constructor(
    readonly rest: Rest,
    readonly userId: string,
  ) {}

  known(contentId: string, fields: readonly string[]): Outline | undefined {
    return this.#known.get(this.#key(contentId, fields));
  }

  /** What was kept on the device; nothing where something newer is known. */
  async kept(contentId: string, fields: readonly string[]): Promise<Outline | undefined> {
    const kept = await get<Outline>(this.#key(contentId, fields), this.#disk).catch(() => undefined);
    return this.known(contentId, fields) ?? kept;
  }

  /** What the server has now. It is asked once at a time. */
  fresh(contentId: string, fields: readonly string[]): Promise<Outline> {
    const key = this.#key(contentId, fields);
    const asked = this.#asked.get(key) ?? this.#ask(key, contentId, fields).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, contentId: string, fields: readonly string[]): Promise<Outline> {
    const before = await this.kept(contentId, fields);
    const outline = await this.rest.outline(contentId, fields, before);
    this.#known.set(key, outline);
    // A device that keeps nothing is no trouble.
    if (outline !== before) await set(key, outline, this.#disk).catch(() => undefined);
    return outline;
  }

  /** Takes all of the user's away. */
  async forget(): Promise<void> {
    const own = (await keys<string>(this.#disk)).filter((key) => key.startsWith(`${this.userId} `));
    await delMany(own, this.#disk);
  }

  #key(contentId: string, fields: readonly string[]): string {
    return `${this.userId} ${contentId} ${fields.join()}`;
  }
}

const SongsContext = createContext<Songs | null>(null);
export const SongsProvider = SongsContext.Provider;

export function useForgetSongs(): () => Promise<void> {
  const songs = useContext(SongsContext)!;
  return useCallback(() => songs.forget(), [songs]);
}

interface Looked {
  songs: readonly Song[];
  /** That of the repertoire which they are of; undefined while they are not known. */
  version: number | undefined;
  /** Asks for what is new. */
  look: () => void;
}

/** The songs of a repertoire, with what an entry of these types takes over. */
export function useSongs(repertoireId: string, types: FieldTypes): Looked {
  const theirs = useKinds().itemsOf("repertoire").song;
  const fields = useMemo(() => copiedFields(types).filter((name) => theirs && name in theirs), [types, theirs]);
  return useOutline(repertoireId, fields);
}

/** Some fields of the songs of a repertoire, where there is one. */
export function useOutline(repertoireId: string | null, fields: readonly string[]): Looked {
  const source = useContext(SongsContext)!;
  const [outline, setOutline] = useState(() => (repertoireId === null ? undefined : source.known(repertoireId, fields)));
  const look = useCallback(() => {
    // Without a connection what is known will do; it is asked again with the next look.
    if (repertoireId !== null) source.fresh(repertoireId, fields).then(setOutline, () => undefined);
  }, [source, repertoireId, fields]);
  useEffect(() => {
    if (repertoireId !== null) void source.kept(repertoireId, fields).then((kept) => setOutline((now) => now ?? kept));
    look();
  }, [source, repertoireId, fields, look]);
  return { songs: outline?.items ?? NO_SONGS, version: outline?.version, look };
}

/** What an entry takes over from the repertoire: all that it has a field for, but no texts, which are for the night. */
export const copiedFields = (types: FieldTypes): string[] =>
  Object.keys(types).filter((name) => types[name]!.type !== "text");
