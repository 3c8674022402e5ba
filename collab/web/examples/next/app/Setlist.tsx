"use client";

import { CollabProvider, useConnection, useContent, usePresence } from "collab-bands/react";
import type { ReactNode } from "react";

interface SetlistProps {
  contentId: string;
  userId: string;
  url: string;
}

/** For a page of the application: `<Setlist contentId={id} userId={user.id} url="https://band.example" />`. */
export function Setlist({ contentId, userId, url }: SetlistProps): ReactNode {
  // Asked for at each connection, and again before it runs out.
  const token = (): Promise<string> => fetch("/api/collab-token").then((answer) => answer.text());
  return (
    <CollabProvider url={url} userId={userId} token={token}>
      <Songs contentId={contentId} />
    </CollabProvider>
  );
}

function Songs({ contentId }: { contentId: string }): ReactNode {
  const { content, state } = useContent(contentId);
  const people = usePresence(content);
  const { link } = useConnection();
  if (!state.document) return <p>{link.state}</p>;
  return (
    <>
      <h1>{String(state.document.fields["title"] ?? "")}</h1>
      <p>
        {people.map(({ user }) => (
          <b key={user.id} style={{ color: user.color }}>
            {user.name}
          </b>
        ))}
      </p>
      <ol>
        {state.document.ordered.map((song) => (
          <li key={song.id}>
            {String(song.fields["title"] ?? "")}
            <input
              aria-label="Key"
              value={String(song.fields["key"] ?? "")}
              onChange={(event) => content.setField(song.id, "key", event.target.value || null)}
              onFocus={() => content.focus({ item: song.id, field: "key" })}
            />
          </li>
        ))}
      </ol>
      <button type="button" onClick={() => content.undo()} disabled={!state.canUndo}>
        Undo
      </button>
    </>
  );
}
