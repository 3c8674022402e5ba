import "collab-bands/parts.css";
import "./own.css";
import { Avatars, Named, SavingState, Toasts } from "collab-bands/parts";
import { CollabProvider, type FieldType, useConnection, useContent, usePresence } from "collab-bands/react";
import type { ReactNode } from "react";

interface GigProps {
  contentId: string;
  userId: string;
  url: string;
}

const TITLE: FieldType = { type: "line", max_length: 200 };

/** A gig's title, made of the page's own parts. */
export function Gig({ contentId, userId, url }: GigProps): ReactNode {
  const token = (): Promise<string> => fetch("/api/collab-token").then((answer) => answer.text());
  return (
    <CollabProvider url={url} userId={userId} token={token}>
      <Toasts>
        <Title contentId={contentId} userId={userId} />
      </Toasts>
    </CollabProvider>
  );
}

function Title({ contentId, userId }: Omit<GigProps, "url">): ReactNode {
  const { content, state } = useContent(contentId);
  const { connection } = useConnection();
  const people = usePresence(content);
  const others = [...state.roster.sessions.values()].filter(({ session_id }) => session_id !== connection.sessionId);
  return (
    <>
      <SavingState state={state} />
      <Avatars me={userId} people={people} />
      <Named
        {...{ content, others }}
        item={null}
        field="title"
        type={TITLE}
        value={state.document?.fields["title"]}
        name="Title"
        label="Title"
        isReadOnly={!content.canEdit}
      />
    </>
  );
}
