/** The setlist on stage: one song, large, in the dark; a key or a pedal goes on. One may lead and the others follow. */

import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { Content, Document, Presence } from "../react";
import { shortName } from "./format";
import { StageSong } from "./StageSong";
import { timesOf } from "./times";
import { colored, IconButton } from "./ui";
import { useWakeLock } from "./wakeLock";

interface StageViewProps {
  document: Document;
  content: Content;
  /** The other sessions in the room. */
  sessions: readonly Presence[];
  onLeave: () => void;
}

const NEXT = new Set(["ArrowRight", "ArrowDown", "PageDown", " ", "Enter"]);
const BACK = new Set(["ArrowLeft", "ArrowUp", "PageUp", "Backspace"]);

/** Keys that go from song to song, also where a chart goes on below. */
const SIDEWAYS = new Set(["ArrowRight", "ArrowLeft"]);
/** Of a screen of a chart, what the next one begins with again is left. */
const SCREEN = 0.85;

/** Turns a page within a long chart. False where there is no more of it. */
function turned(song: HTMLElement | null, key: string, by: 1 | -1): boolean {
  if (!song || SIDEWAYS.has(key)) return false;
  const { scrollTop, scrollHeight, clientHeight } = song;
  const left = by > 0 ? scrollHeight - clientHeight - scrollTop : scrollTop;
  if (left < 4) return false;
  song.scrollBy({ top: by * SCREEN * clientHeight });
  return true;
}

export function StageView({ document: setlist, content, sessions, onLeave }: StageViewProps): ReactNode {
  const items = setlist.ordered;
  const song = useRef<HTMLElement>(null);
  const [here, setHere] = useState<string | null>(null);
  const [isFollowing, setFollowing] = useState(true);
  const [isLeading, setLeading] = useState(false);
  const leader = sessions.find(({ focus }) => focus?.lead) ?? null;
  const isLed = leader !== null && isFollowing && !isLeading;
  const shown = (isLed ? leader.focus?.item : null) ?? here;
  const at = Math.max(0, items.findIndex(({ id }) => id === shown));
  const item = items[at];
  useWakeLock();

  // Who claims the lead takes it: whoever led before follows.
  const earlier = useRef<string | null>(null);
  useEffect(() => {
    const id = leader?.session_id ?? null;
    if (isLeading && id !== null && id !== earlier.current) {
      setLeading(false);
      setFollowing(true);
    }
    if (!isLeading) earlier.current = id;
    if (id === null) earlier.current = null;
  }, [leader?.session_id, isLeading]);

  // Whoever leads may go: the page stays where it is.
  const ledTo = isLed ? leader.focus?.item : undefined;
  useEffect(() => {
    if (ledTo) setHere(ledTo);
  }, [ledTo]);

  const itemId = item?.id;
  useEffect(() => {
    song.current?.scrollTo(0, 0);
  }, [itemId]);
  useEffect(() => {
    content.focus(itemId ? { item: itemId, ...(isLeading ? { lead: true } : {}) } : null);
  }, [content, itemId, isLeading]);
  useEffect(() => () => content.focus(null), [content]);

  const step = useCallback(
    (by: number) => {
      const next = items[Math.min(Math.max(at + by, 0), items.length - 1)];
      if (!next) return;
      setHere(next.id);
      if (!isLeading) setFollowing(false);
    },
    [items, at, isLeading],
  );

  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isButton = event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
      // Whoever chooses how they read does so by the same keys.
      if (event.target instanceof HTMLSelectElement) return;
      if (event.key === "Escape") onLeave();
      else if (NEXT.has(event.key) && !isButton) turned(song.current, event.key, 1) || step(1);
      else if (BACK.has(event.key)) turned(song.current, event.key, -1) || step(-1);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [step, onLeave]);

  const lead = (): void => {
    setHere(itemId ?? null);
    setLeading((is) => !is);
    setFollowing(true);
  };
  const rejoin = (): void => {
    setLeading(false);
    setFollowing(true);
  };

  const next = items[at + 1];
  const { entries, sets } = timesOf(setlist);
  const number = item === undefined ? 0 : entries.get(item.id)?.number;
  const place = number == null ? "Break" : `${number} / ${sets.reduce((sum, { songs }) => sum + songs, 0)}`;
  return (
    <main className="stage">
      <header className="stage-bar">
        <IconButton icon="close" label="Leave the stage" onClick={onLeave} />
        <span className="stage-place">
          {place}
        </span>
        {leader && !isLeading ? (
          <button
            type="button"
            className={`button is-small stage-follow ${isLed ? "is-on" : ""}`}
            style={colored(leader.user)}
            aria-pressed={isLed}
            onClick={() => (isLed ? (setHere(itemId ?? null), setFollowing(false)) : rejoin())}
          >
            {isLed ? `Following ${shortName(leader.user)}` : `Follow ${shortName(leader.user)}`}
          </button>
        ) : null}
        <button type="button" className="button is-small" aria-pressed={isLeading} onClick={lead}>
          {isLeading ? "Leading" : "Lead"}
        </button>
      </header>
      <StageSong item={item} ref={song} />
      <footer className="stage-foot">
        <button type="button" className="stage-step" disabled={at === 0} onClick={() => step(-1)}>
          Back
        </button>
        <button
          type="button"
          className="stage-step is-next"
          disabled={at >= items.length - 1}
          onClick={() => step(1)}
        >
          {next ? (
            <>
              <span>Next</span> {String(next.fields.title ?? "Untitled")}
              {next.fields.key ? <b> {String(next.fields.key)}</b> : null}
            </>
          ) : (
            "The end"
          )}
        </button>
      </footer>
    </main>
  );
}
