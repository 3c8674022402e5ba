/** A content and its replica: the larger part of the SDK, in a file of its own so that a page may have it come later. */

import { useEffect, useState } from "react";
import { Content, type ContentState } from "../sdk";
import { useCollab, useWatched } from "./collab";

/** A content, open for editing: its first state has no document yet. */
export function useContent(contentId: string): { content: Content; state: ContentState } {
  const { connection, userId, store } = useCollab();
  const [content, setContent] = useState(() => new Content(contentId, userId, connection, store));
  useEffect(() => {
    const opened = new Content(contentId, userId, connection, store);
    setContent(opened);
    void opened.open();
    return () => opened.close();
  }, [contentId, userId, connection, store]);
  return { content, state: useWatched(content) };
}
