/** Who did what and when; any version to look at, and to bring back. */

import { type ReactNode, useCallback, useEffect, useState } from "react";
import { type Content, type Document, Document as Doc, type Rest, RestError } from "../react";
import { type Change, changesOf } from "./changes";
import { clockOf } from "./format";
import { useToasts } from "./toasts";
import { Icon, IconButton } from "./ui";

interface HistoryProps {
  content: Content;
  document: Document;
  rest: Rest;
  isReadOnly: boolean;
  onClose: () => void;
}

const PAGE = 100;

export function History({ content, document, rest, isReadOnly, onClose }: HistoryProps): ReactNode {
  const [changes, setChanges] = useState<Change[] | null>(null);
  const [from, setFrom] = useState(() => Math.max(0, document.version - PAGE));
  const [problem, setProblem] = useState("");
  const [shown, setShown] = useState<Document | null>(null);
  const [canRevert, setCanRevert] = useState(true);
  const { id } = content;
  const { version } = document;

  useEffect(() => {
    let isOver = false;
    const load = async (): Promise<void> => {
      try {
        const { edits, head } = await rest.edits(id, from, 1_000);
        // Older versions may have been folded away.
        const base = await rest.content(id, (edits[0]?.version ?? head + 1) - 1);
        if (!isOver) setChanges(changesOf(Doc.fromJson(base), edits));
        setProblem("");
      } catch (error) {
        if (!isOver && error instanceof RestError) setProblem(error.message);
      }
    };
    // Letters come in faster than anybody reads them.
    const timer = setTimeout(() => void load(), changesDelay(changes));
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
    // `changes` only tells the first load from the next.
  }, [rest, id, from, version]);

  const look = useCallback(
    async (at: number) => {
      try {
        setShown(Doc.fromJson(await rest.content(id, at)));
      } catch (error) {
        if (error instanceof RestError) setProblem(error.message);
      }
    },
    [rest, id],
  );

  return (
    <aside className="panel" aria-label="History">
      <div className="panel-head">
        <h2>History</h2>
        <IconButton icon="close" label="Close the history" onClick={onClose} />
      </div>
      <div className="panel-body">
        {problem ? <p className="empty">{problem}</p> : null}
        {changes?.length === 0 && from === 0 ? <p className="empty">Nothing has changed yet.</p> : null}
        <ol aria-label="Changes, the newest first">
          {[...(changes ?? [])].reverse().map((change) => (
            <li key={change.version}>
              <button
                type="button"
                className="change"
                aria-pressed={shown?.version === change.version}
                onClick={() => void look(change.version)}
              >
                <strong>{change.author}</strong> {change.words}
                <span className="change-at">{when(change.at)}</span>
              </button>
              {shown?.version === change.version ? (
                <Version
                  document={shown}
                  rest={rest}
                  canRevert={canRevert && !isReadOnly && shown.version !== version}
                  onCant={() => setCanRevert(false)}
                />
              ) : null}
            </li>
          ))}
        </ol>
        {from > 0 ? (
          <button type="button" className="button" onClick={() => setFrom(Math.max(0, from - PAGE))}>
            Earlier
          </button>
        ) : null}
      </div>
    </aside>
  );
}

interface VersionProps {
  document: Document;
  rest: Rest;
  canRevert: boolean;
  onCant: () => void;
}

function Version({ document, rest, canRevert, onCant }: VersionProps): ReactNode {
  const say = useToasts();
  const bringBack = async (): Promise<void> => {
    try {
      await rest.revert(document.id, document.version);
      say({ text: "It is as it was then. Nothing in between is lost: the history has it all." });
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      // An older server can't.
      if (error.status === 404 || error.status === 405) onCant();
      else say({ text: `It was not brought back: ${error.message}`, isImportant: true });
    }
  };
  return (
    <div className="version">
      <ol aria-label="The entries then">
        {document.ordered.map(({ id, fields }) => (
          <li key={id}>
            <span>{String(fields.title ?? "Untitled")}</span>
            <span className="quiet">
              {[fields.key, fields.tempo, typeof fields.duration === "number" ? clockOf(fields.duration) : undefined]
                .filter((part) => part !== undefined)
                .join(" · ")}
            </span>
          </li>
        ))}
      </ol>
      {!canRevert ? null : (
        <button type="button" className="button" onClick={() => void bringBack()}>
          <Icon name="history" /> Bring it back
        </button>
      )}
    </div>
  );
}

const changesDelay = (changes: Change[] | null): number => (changes === null ? 0 : 400);

function when(at: string): string {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
