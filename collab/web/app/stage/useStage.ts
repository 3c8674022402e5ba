/** A stage as one device has it: the song of the moment, who leads, and the clock of the set. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Content, type Document, type Item, type Presence, useCollab } from "../../react";
import { indexAt, placeOf } from "../neighbour";
import { stageKey } from "../keys";
import { type Kept, keepStage, recallStage } from "./kept";
import { FOLLOWS, heard, type Leading, leaderOf, tapped, told } from "./leading";

export interface StageProps {
  document: Document;
  content: Content;
  /** The others' sessions in the room. */
  sessions: readonly Presence[];
  /** Whether the room is entered, so that the others see what is told of here. */
  isOnline: boolean;
}

export interface Stage {
  items: readonly Item[];
  at: number;
  item: Item | undefined;
  leading: Leading;
  leader: Presence | null;
  /** Whether what is shown is where the leader is. */
  isLed: boolean;
  started_ms: number | null;
  /** Goes on by so many songs. */
  step: (by: number) => void;
  jump: (item: Item) => void;
  /** Takes the lead, asks for it, or lets it go. */
  lead: () => void;
  /** Follows the leader, or goes on alone. */
  follow: () => void;
  startClock: (started_ms: number | null) => void;
}

export function useStage({ document, content, sessions, isOnline }: StageProps): Stage {
  const { userId } = useCollab();
  const key = stageKey(userId, content.id);
  const [kept, setKept] = useState<Kept>(() => recallStage(key, Date.now()));
  const [chosen, setLeading] = useState<Leading>(() => ({ ...FOLLOWS, mode: kept.isLeading ? "leads" : "follows" }));
  // What is heard counts at once, so that nothing is told of a lead that has gone to somebody else.
  const leading = isOnline ? heard(chosen, sessions) : chosen;
  if (leading !== chosen) setLeading(leading);

  const items = document.ordered;
  const leader = leaderOf(sessions);
  const isLed = leader !== null && (leading.mode === "follows" || leading.mode === "asks");
  const ledTo = isLed ? items.findIndex(({ id }) => id === leader.focus?.item) : -1;
  const at = ledTo >= 0 ? ledTo : indexAt(items, kept.place);
  const item = items[at];
  const isLeading = leading.mode === "leads";

  const change = useCallback((change: Partial<Kept>) => setKept((kept) => ({ ...kept, ...change })), []);
  // Whoever leads may go, and the song may: the page stays at it, or at its neighbour.
  const [itemId, position] = [item?.id, item?.position];
  useEffect(() => {
    if (itemId !== undefined && position !== undefined) change({ place: { item: itemId, position } });
  }, [change, itemId, position]);

  const latest = useRef(kept);
  latest.current = { ...kept, isLeading };
  useEffect(() => keepStage(key, { ...kept, isLeading }, Date.now()), [key, kept, isLeading]);
  // Whoever leaves the stage leads no more; a tab that is loaded again comes back.
  useEffect(() => () => keepStage(key, { ...latest.current, isLeading: false }, Date.now()), [key]);

  const { lead } = told(leading, isOnline);
  useEffect(() => {
    content.focus(itemId === undefined ? null : { item: itemId, ...(lead === undefined ? {} : { lead }) });
  }, [content, itemId, lead]);
  useEffect(() => () => content.focus(null), [content]);

  return {
    ...{ items, at, item, leading, leader, isLed },
    started_ms: kept.started_ms,
    ...useActions({ items, at, leading, leader, isLed, mayTake: content.canEdit, setLeading, change }),
  };
}

interface Now extends Pick<Stage, "items" | "at" | "leading" | "leader" | "isLed"> {
  mayTake: boolean;
  setLeading: (leading: Leading) => void;
  change: (change: Partial<Kept>) => void;
}

function useActions(now: Now): Pick<Stage, "step" | "jump" | "lead" | "follow" | "startClock"> {
  const latest = useRef(now);
  latest.current = now;
  return useMemo(() => {
    const jump = (item: Item): void => {
      const { isLed, change, setLeading } = latest.current;
      change({ place: placeOf(item) });
      if (isLed) setLeading({ mode: "apart", other: null });
    };
    return {
      jump,
      step: (by) => {
        const { items, at } = latest.current;
        const next = items[Math.min(Math.max(at + by, 0), items.length - 1)];
        if (next) jump(next);
      },
      lead: () => {
        const { leading, leader, mayTake, setLeading } = latest.current;
        setLeading(tapped(leading, leader, mayTake));
      },
      follow: () => latest.current.setLeading(latest.current.isLed ? { mode: "apart", other: null } : FOLLOWS),
      startClock: (started_ms) => latest.current.change({ started_ms }),
    };
  }, []);
}
