/** Who did what and when, with the versions that have names; any of them to look at, and to bring back. */

import "./styles/history.css";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { type Checkpoint, type Content, Document, type Edit, type Rest, RestError } from "../react";
import { type Change, changesOf } from "./changes";
import { useKinds } from "./kinds";
import { NameVersion } from "./NameVersion";
import { IconButton } from "./ui";
import { Version } from "./Version";
import { when } from "./when";

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
  const [shown, setShown] = useState<string | null>(null);
  const isFirst = useRef(true);
  const { id } = content;
  const { version } = document;
  const { named, look } = useNamed(rest, id);

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
        if (!isOver) setProblem(error instanceof RestError ? error.message : String(error));
      }
    };
    const timer = setTimeout(() => void load(), isFirst.current ? 0 : PAUSE_MS);
    isFirst.current = false;
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [rest, id, from, version, kinds]);

  return (
    <aside className="panel" aria-label="History">
      <div className="panel-head">
        <h2>History</h2>
        <IconButton icon="close" label="Close the history" onClick={onClose} />
      </div>
      <div className="panel-body">
        {isReadOnly ? null : <NameVersion rest={rest} contentId={id} onNamed={look} />}
        {problem ? <p className="empty">{problem}</p> : null}
        {changes?.length === 0 && from === 0 ? <p className="empty">Nothing has changed yet.</p> : null}
        <ol aria-label="Changes, the newest first">
          {linesOf(changes ?? [], named).map((line) => (
            <li key={line.key}>
              <button
                type="button"
                className={`change ${line.name ? "is-named" : ""}`}
                aria-pressed={shown === line.key}
                onClick={() => setShown(shown === line.key ? null : line.key)}
              >
                {line.name ? <b className="change-name">{line.name}</b> : null}
                <strong>{line.author}</strong> {line.words}
                <span className="change-at">{when(line.at)}</span>
              </button>
              {shown === line.key ? (
                <Version
                  contentId={id}
                  kind={document.kind}
                  version={line.version}
                  from={line.from}
                  head={version}
                  rest={rest}
                  isReadOnly={isReadOnly}
                  onNamed={look}
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

/** The versions that have names, the newest first; `look` asks again. */
function useNamed(rest: Rest, id: string): { named: readonly Checkpoint[]; look: () => void } {
  const [named, setNamed] = useState<readonly Checkpoint[]>([]);
  const look = useCallback(() => {
    // The changes say why nothing comes, where nothing does.
    rest.checkpoints(id).then(({ checkpoints }) => setNamed(checkpoints), () => undefined);
  }, [rest, id]);
  useEffect(look, [look]);
  return { named, look };
}

interface Line {
  key: string;
  version: number;
  /** The version before it; null where it is only a name for one. */
  from: number | null;
  author: string;
  words: string;
  at: string;
  name?: string;
}

/** Changes and names in one order, the newest first: a name stands above the change that it was given after. */
function linesOf(changes: readonly Change[], named: readonly Checkpoint[]): Line[] {
  const lines: Line[] = [
    ...named.map(({ id, version, label, created_by, created_at }) => ({
      key: id,
      version,
      from: null,
      author: created_by.name,
      words: "gave this version its name",
      at: created_at,
      name: label,
    })),
    ...[...changes].reverse().map((change) => ({ ...change, key: String(change.version) })),
  ];
  return lines.sort((a, b) => b.version - a.version);
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
