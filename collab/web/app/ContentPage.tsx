/** One content, open: the bar with what can be done to all of it, and below it the setlist or the repertoire. */

import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import {
  type Band,
  type Content,
  type ContentState,
  type Presence,
  type Rest,
  type Summary,
  useConnection,
  useContent,
  type User,
} from "../react";
import { ContentFrame } from "./ContentFrame";
import { copyOf } from "./copying";
import { useNeighbour, useReturn } from "./focusing";
import { useContentKeys, useEscape } from "./keyboard";
import { useKinds } from "./kinds";
import { MoreMenu } from "./MoreMenu";
import { toastOf } from "./notices";
import { useOnce } from "./once";
import { part, useTheRest } from "./part";
import { go, type View } from "./route";
import { SavingState } from "./SavingState";
import { SetlistPage } from "./SetlistPage";
import { useShown } from "./shown";
import { SongbookProvider, useSongbook } from "./songbook";
import { useFailed, useToasts } from "./toasts";
import { Avatars, IconButton, ThemeButton } from "./ui";

const StageView = part(async () => (await import("./stage/StageView")).StageView);
const History = part(async () => (await import("./History")).History);
const Repertoire = part(async () => (await import("./Repertoire")).Repertoire);
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
  useShown(content);
  useContentKeys(content);
  useNeighbour(shown);
  useReturn(view === "edit" && isHistoryOpen ? "history" : view);
  useEscape(isHistoryOpen, () => setHistoryOpen(false));
  useIdle(content);

  const title = String(shown?.fields.title ?? "");
  useEffect(() => {
    document.title = title ? `${title} · ${band.name}` : band.name;
  }, [title, band.name]);

  const once = useOnce();
  const failed = useFailed();
  const copy = (isTemplate: boolean): void =>
    once(async () => {
      if (!shown) return;
      try {
        const made = await copyOf(shown, rest, isTemplate);
        go({ band: band.id, content: made.id });
        say({ text: isTemplate ? "The same songs, for another night." : "This is the copy." });
      } catch (error) {
        failed(error);
      }
    });
  const archive = (): void =>
    once(async () => {
      try {
        await rest.archive(contentId);
        go({ band: band.id });
        const action = { label: "Bring it back", run: () => void rest.unarchive(contentId).catch(failed) };
        say({ text: `${title || "Untitled"} is archived.`, action });
      } catch (error) {
        failed(error);
      }
    });

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
    ...(isSetlist && !isReadOnly
      ? [
          { icon: "copy" as const, label: "Duplicate", run: () => copy(false) },
          { icon: "copy" as const, label: "Another night like this", run: () => copy(true) },
        ]
      : []),
    ...(isSetlist ? [{ icon: "print" as const, label: "Print", run: () => show("print") }] : []),
    ...(shown && shown.kind !== "repertoire" && !isReadOnly ? [{ icon: "trash" as const, label: "Archive", run: archive }] : []),
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
              data-view="history"
              onClick={() => setHistoryOpen((is) => !is)}
            />
            {isSetlist ? <IconButton icon="stage" label="Stage" data-view="stage" onClick={() => show("stage")} /> : null}
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
