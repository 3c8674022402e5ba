/** One content, open: the bar with what can be done to all of it, and below it the setlist or the repertoire. */

import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import {
  type Band,
  type Content,
  type ContentState,
  type Presence,
  type Rest,
  RestError,
  type Summary,
  useConnection,
  useContent,
  type User,
} from "../react";
import { ContentFrame } from "./ContentFrame";
import { useKinds } from "./kinds";
import { MoreMenu } from "./MoreMenu";
import { toastOf } from "./notices";
import { part, useTheRest } from "./part";
import { Repertoire } from "./Repertoire";
import { go, type View } from "./route";
import { SavingState } from "./SavingState";
import { SetlistPage } from "./SetlistPage";
import { SongbookProvider, useSongbook } from "./songbook";
import { useToasts } from "./toasts";
import { Avatars, IconButton, ThemeButton } from "./ui";

const StageView = part(async () => (await import("./stage/StageView")).StageView);
const History = part(async () => (await import("./History")).History);
const PrintView = part(async () => (await import("./PrintView")).PrintView);

interface ContentPageProps {
  contentId: string;
  band: Band;
  /** The band's repertoire, where it has one. */
  repertoire: Summary | null;
  people: { user: User; isActive: boolean }[];
  me: User;
  rest: Rest;
  view: View;
  side: ReactNode;
}

export function ContentPage({ contentId, band, repertoire, people, me, rest, view, side }: ContentPageProps): ReactNode {
  const { content, state } = useContent(contentId);
  const { connection, link } = useConnection();
  const say = useToasts();
  const kinds = useKinds();
  const [isHistoryOpen, setHistoryOpen] = useState(false);
  const { document: shown } = state;
  const isReadOnly = !content.canEdit;
  const { roster } = state;
  const { sessionId } = connection;
  const others = useMemo(
    () => [...roster.sessions.values()].filter(({ session_id, user }) => session_id !== sessionId && user.id !== me.id),
    [roster, sessionId, me.id],
  );

  useEffect(() => {
    content.onNotice = (notice) => {
      const toast = toastOf(notice, content, kinds);
      if (toast) say(toast);
    };
  }, [content, say, kinds]);
  const isShutOut = link.state === "refused" && link.isFinal;
  useEffect(() => {
    if (!isShutOut) return;
    say({ text: "Your link has run out. Open a new one: what you edited here is kept and will be sent.", isImportant: true });
  }, [isShutOut, say]);
  useTheRest(shown !== null);
  useUndoKeys(content);
  useIdle(content);

  const title = String(shown?.fields.title ?? "");
  useEffect(() => {
    document.title = title ? `${title} · ${band.name}` : band.name;
  }, [title, band.name]);

  const duplicate = useCallback(async () => {
    if (!shown) return;
    const { title: _, ...fields } = shown.fields;
    const items = shown.ordered.map(({ type, position, fields }) => ({ type, position, fields }));
    try {
      const made = await rest.createContent(band.id, shown.kind, `${title} (copy)`.slice(-200), { fields, items });
      go({ band: band.id, content: made.id });
      say({ text: "This is the copy." });
    } catch (error) {
      say({ text: `No copy was made: ${error instanceof RestError ? error.message : String(error)}`, isImportant: true });
    }
  }, [shown, rest, band.id, title, say]);

  const isSetlist = shown?.kind === "setlist";
  const isOnline = state.saving === "saved" || state.saving === "saving";
  const leave = useCallback(() => go({ band: band.id, content: contentId }), [band.id, contentId]);
  const songbook = useSongbook(isSetlist && repertoire ? repertoire.id : null, repertoire?.version ?? 0, shown !== null);
  if (shown && view === "stage") {
    return (
      <SongbookProvider value={songbook}>
        <StageView document={shown} content={content} sessions={others} isOnline={isOnline} onLeave={leave} />
      </SongbookProvider>
    );
  }
  if (shown && view === "print") {
    return (
      <SongbookProvider value={songbook}>
        <PrintView document={shown} band={band} />
      </SongbookProvider>
    );
  }

  const show = (view: View): void => go({ band: band.id, content: contentId, view });
  const actions = [
    ...(isSetlist && !isReadOnly ? [{ icon: "copy" as const, label: "Duplicate", run: () => void duplicate() }] : []),
    ...(isSetlist ? [{ icon: "print" as const, label: "Print", run: () => show("print") }] : []),
  ];
  return (
    <ContentFrame
      band={band}
      side={side}
      bar={
        <>
          <SavingState state={state} />
          <span className="bar-space" />
          <Avatars people={people} me={me.id} />
          <span className="bar-tools" role="toolbar" aria-label="Tools">
            {isReadOnly ? null : (
              <>
                <IconButton icon="undo" label="Undo" disabled={!state.canUndo} onClick={() => content.undo()} />
                <IconButton icon="redo" label="Redo" disabled={!state.canRedo} onClick={() => content.redo()} />
              </>
            )}
            <IconButton
              icon="history"
              label="History"
              aria-expanded={isHistoryOpen}
              onClick={() => setHistoryOpen((is) => !is)}
            />
            {isSetlist ? <IconButton icon="stage" label="Stage" onClick={() => show("stage")} /> : null}
            <MoreMenu contentId={contentId} rest={rest} pending={state.pending} actions={actions} />
            <ThemeButton />
          </span>
        </>
      }
      panel={
        isHistoryOpen && shown ? (
          <History
            content={content}
            document={shown}
            rest={rest}
            isReadOnly={isReadOnly}
            onClose={() => setHistoryOpen(false)}
            waiting={null}
          />
        ) : null
      }
    >
      <SongbookProvider value={songbook}>
        <Body {...{ state, content, others, isReadOnly, rest }} repertoireId={repertoire?.id ?? null} />
      </SongbookProvider>
    </ContentFrame>
  );
}

interface BodyProps {
  state: ContentState;
  content: Content;
  others: readonly Presence[];
  isReadOnly: boolean;
  repertoireId: string | null;
  rest: Rest;
}

function Body({ state, content, others, isReadOnly, repertoireId, rest }: BodyProps): ReactNode {
  const { document: shown, problem } = state;
  if (problem) {
    return (
      <p className="empty" role="alert">
        {problem.code === "broken" ? "Something went wrong in this page: load it again." : "This is not here, or not yours."}
      </p>
    );
  }
  if (!shown) return <p className="empty">One moment…</p>;
  if (shown.kind === "repertoire") return <Repertoire {...{ content, others, isReadOnly, rest }} document={shown} />;
  return <SetlistPage {...{ content, others, isReadOnly, repertoireId }} document={shown} />;
}

/** Ctrl or Cmd and Z take back what was done to the content, also from within a field: it is shared text. */
function useUndoKeys(content: Content): void {
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      // A field that is not the content's, such as a search, has its own undo.
      const isField = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (isField && !event.target.dataset.field) return;
      const key = event.key.toLowerCase();
      const isRedo = (key === "z" && event.shiftKey) || key === "y";
      if (!isRedo && key !== "z") return;
      event.preventDefault();
      if (isRedo) content.redo();
      else content.undo();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [content]);
}

const IDLE_AFTER_MS = 60_000;

/** Others see that somebody is away once the page is hidden, or untouched for a minute. */
function useIdle(content: Content): void {
  useEffect(() => {
    let status: "active" | "idle" = "active";
    let timer: ReturnType<typeof setTimeout>;
    const become = (next: "active" | "idle"): void => {
      if (next !== status) content.setStatus(next);
      status = next;
    };
    const touched = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => become("idle"), IDLE_AFTER_MS);
      become("active");
    };
    const visibility = (): void => {
      if (document.hidden) become("idle");
      else touched();
    };
    touched();
    addEventListener("pointerdown", touched);
    addEventListener("keydown", touched);
    document.addEventListener("visibilitychange", visibility);
    return () => {
      clearTimeout(timer);
      removeEventListener("pointerdown", touched);
      removeEventListener("keydown", touched);
      document.removeEventListener("visibilitychange", visibility);
    };
  }, [content]);
}
