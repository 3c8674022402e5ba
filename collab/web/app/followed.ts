/** A content that is edited elsewhere, while a part of it is shown here: its room tells that, and no document is kept. */

import { useEffect, useRef } from "react";
import { type Member, useCollab } from "../react";

/** Whoever types in it makes several edits a second: what is new is asked for once in so long. */
const PAUSE_MS = 1_000;

/** Calls back when a content that is known at a version may have changed; where none is known, not at all. */
export function useFollowed(contentId: string | null, version: number | undefined, onChange: () => void): void {
  const { connection } = useCollab();
  const known = useRef(version);
  known.current = version;
  const isKnown = version !== undefined;
  useEffect(() => {
    if (contentId === null || !isKnown) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        onChange();
      }, PAUSE_MS);
    };
    const member: Member = {
      room: `content_${contentId}`,
      // The answer is what came since, not the whole of it.
      asked: () => ({ since: known.current }),
      joined: tell,
      heard: (event) => {
        if (event === "content_edited" || event === "batch_update") tell();
      },
      parted: () => undefined,
      refused: tell,
    };
    const leave = connection.enter(member);
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [connection, contentId, isKnown, onChange]);
}
