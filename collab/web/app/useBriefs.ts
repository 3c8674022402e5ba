/** What the list of a band's contents shows of each, and who is in it now. */

import { useEffect, useState } from "react";
import type { Person, Rest, Summary, User } from "../react";
import type { Brief } from "../react";
import { keep, recall } from "./storage";
import type { Briefs } from "./shelves";
import { useRested } from "./useRested";

/** Briefs of a kind's contents, asked for anew when one of these changes; while nobody can be asked, those of last time. */
export function useBriefs(rest: Rest, bandId: string, kind: string, contents: readonly Summary[], key: string): Briefs {
  const [briefs, setBriefs] = useState<readonly Brief[]>(() => recall<Brief[]>(key) ?? []);
  // A title changes letter by letter.
  const versions = useRested(contents.map(({ id, version }) => `${id} ${version}`).join());
  useEffect(() => {
    if (versions === "") return;
    let isOver = false;
    const take = ({ briefs }: { briefs: Brief[] }): void => {
      if (isOver) return;
      keep(key, briefs);
      setBriefs(briefs);
    };
    rest.briefs(bandId, kind).then(take, () => undefined);
    return () => {
      isOver = true;
    };
  }, [rest, bandId, kind, versions, key]);
  return new Map(briefs.map((brief) => [brief.id, brief]));
}

/** People go from one content to another without a word to the band's room. */
const LOOK_MS = 10_000;

/** Who is in which content, by its id. `people` are those who are online: when they change it is looked at once. */
export function usePlaces(rest: Rest, bandId: string, people: readonly { user: User }[]): ReadonlyMap<string, User[]> {
  const [online, setOnline] = useState<readonly Person[]>([]);
  const who = people.map(({ user }) => user.id).join();
  useEffect(() => {
    let isOver = false;
    const look = (): void => {
      if (!document.hidden) rest.presence(bandId).then(({ people }) => isOver || setOnline(people), () => undefined);
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [rest, bandId, who]);
  return placesOf(online);
}

function placesOf(online: readonly Person[]): ReadonlyMap<string, User[]> {
  const places = new Map<string, User[]>();
  for (const { user, sessions } of online) {
    for (const room of new Set(sessions.map(({ room }) => room))) {
      const id = room.replace(/^content_/, "");
      if (id !== room) places.set(id, [...(places.get(id) ?? []), user]);
    }
  }
  return places;
}
