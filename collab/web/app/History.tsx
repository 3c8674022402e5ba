/** Who did what and when; any version to look at, and to bring back. */

import { type ReactNode, useEffect, useRef, useState } from "react";
import { type Content, Document, type Edit, type Rest, RestError } from "../react";
import { type Change, changesOf } from "./changes";
import { factsOf, titleOf, useKinds } from "./kinds";
import { useToasts } from "./toasts";
import { Icon, IconButton } from "./ui";

interface HistoryProps {
  content: Content;
  document: Document;
  rest: Rest;
  isReadOnly: boolean;
  onClose: () => void;
}

/** Versions that are shown at first, and again with each "Earlier". */
const PAGE = 100;
/** Letters come in faster than anybody reads them. */
const PAUSE_MS = 400;

export function History({ content, document, rest, isReadOnly, onClose }: HistoryProps): ReactNode {
  const kinds = useKinds();
  const [changes, setChanges] = useState<Change[] | null>(null);
  const [from, setFrom] = useState(() => Math.max(0, document.version - PAGE));
  const [problem, setProblem] = useState("");
  const [shown, setShown] = useState<Document | null>(null);
  const wanted = useRef<number>(undefined);
  const isFirst = useRef(true);
  const { id } = content;
  const { version } = document;

  useEffect(() => {
    let isOver = false;
    const load = async (): Promise<void> => {
      try {
        const edits = await editsAfter(rest, id, from);
        // Older versions may have been folded away.
        const base = await rest.content(id, (edits[0]?.version ?? version + 1) - 1);
        if (isOver) return;
        setChanges(changesOf(Document.fromJson(base), edits, kinds));
        setProblem("");
      } catch (error) {
        if (!isOver) setProblem(wordsOf(error));
      }
    };
    const timer = setTimeout(() => void load(), isFirst.current ? 0 : PAUSE_MS);
    isFirst.current = false;
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [rest, id, from, version, kinds]);

  const look = async (at: number): Promise<void> => {
    wanted.current = at;
    try {
      const then = Document.fromJson(await rest.content(id, at));
      // Whoever looks at several in a row sees the last one.
      if (wanted.current === at) setShown(then);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };

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
                  canRevert={!isReadOnly && shown.version !== version}
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
}

function Version({ document, rest, canRevert }: VersionProps): ReactNode {
  const say = useToasts();
  const types = useKinds().itemsOf(document.kind);
  const bringBack = async (): Promise<void> => {
    try {
      await rest.revert(document.id, document.version);
      say({ text: "It is as it was then. Nothing in between is lost: the history has it all." });
    } catch (error) {
      say({ text: `It was not brought back: ${wordsOf(error)}`, isImportant: true });
    }
  };
  return (
    <div className="version">
      <ol aria-label="The entries then">
        {document.ordered.map((item) => (
          <li key={item.id}>
            <span>{titleOf(item, types[item.type])}</span>
            <span className="quiet">{factsOf(item, types[item.type] ?? {})}</span>
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

/** All edits after a version, in as many calls as it takes. */
async function editsAfter(rest: Rest, id: string, version: number): Promise<Edit[]> {
  const found: Edit[] = [];
  for (let after = version; ; ) {
    const { edits, head } = await rest.edits(id, after, 1_000);
    found.push(...edits);
    after = edits.at(-1)?.version ?? head;
    if (after >= head) return found;
  }
}

const wordsOf = (error: unknown): string => (error instanceof RestError ? error.message : String(error));

function when(at: string): string {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
