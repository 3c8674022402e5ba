/** One version: what changed there, or since then; all of it as it was; and the way back. */

import { type ReactNode, useEffect, useState } from "react";
import { type Difference, Document, type Rest, RestError } from "../react";
import { Differences } from "./Differences";
import { factsOf } from "./format";
import { titleOf, useKinds } from "./kinds";
import { NameVersion } from "./NameVersion";
import { useToasts } from "./toasts";
import { Icon } from "./ui";

interface VersionProps {
  contentId: string;
  kind: string;
  version: number;
  /** The version that it is compared to at first; null where it is only looked at. */
  from: number | null;
  head: number;
  rest: Rest;
  isReadOnly: boolean;
  onNamed: () => void;
}

const wordsOf = (error: unknown): string => (error instanceof RestError ? error.message : String(error));

export function Version({ contentId, kind, version, from, head, rest, isReadOnly, onNamed }: VersionProps): ReactNode {
  const say = useToasts();
  const [isSince, setSince] = useState(from === null);
  const begin = from === null || isSince ? version : from;
  const end = from === null || isSince ? head : version;
  const { difference, problem } = useDifference(rest, contentId, begin, end);
  const isOld = version !== head;

  const bringBack = async (): Promise<void> => {
    try {
      await rest.revert(contentId, version);
      say({ text: "It is as it was then. Nothing in between is lost: the history has it all." });
    } catch (error) {
      say({ text: `It was not brought back: ${wordsOf(error)}`, isImportant: true });
    }
  };
  return (
    <div className="version">
      {from !== null && isOld ? (
        <div className="version-tabs" role="group" aria-label="What is shown">
          <button type="button" className="button is-small" aria-pressed={!isSince} onClick={() => setSince(false)}>
            What changed
          </button>
          <button type="button" className="button is-small" aria-pressed={isSince} onClick={() => setSince(true)}>
            Since then
          </button>
        </div>
      ) : null}
      {problem ? <p className="quiet">{problem}</p> : null}
      {difference ? <Differences difference={difference} kind={kind} hasAuthors={isSince} /> : null}
      <Then contentId={contentId} version={version} rest={rest} />
      {isReadOnly ? null : (
        <>
          {isOld ? (
            <button type="button" className="button" onClick={() => void bringBack()}>
              <Icon name="history" /> Bring it back
            </button>
          ) : null}
          <NameVersion {...{ rest, contentId, version, onNamed }} />
        </>
      )}
    </div>
  );
}

function useDifference(rest: Rest, id: string, from: number, to: number): { difference: Difference | null; problem: string } {
  const [found, setFound] = useState<{ difference: Difference | null; problem: string }>({ difference: null, problem: "" });
  useEffect(() => {
    let isOver = false;
    const show = (difference: Difference | null, problem: string): void => void (isOver || setFound({ difference, problem }));
    rest.difference(id, from, to).then(
      (difference) => show(difference, ""),
      (error: unknown) => show(null, wordsOf(error)),
    );
    return () => {
      isOver = true;
    };
  }, [rest, id, from, to]);
  return found;
}

/** All of the entries as they were, asked for when somebody wants to see them. */
function Then({ contentId, version, rest }: Pick<VersionProps, "contentId" | "version" | "rest">): ReactNode {
  const kinds = useKinds();
  const [then, setThen] = useState<Document | null>(null);
  const [problem, setProblem] = useState("");
  const look = async (): Promise<void> => {
    if (then) return;
    try {
      setThen(Document.fromJson(await rest.content(contentId, version)));
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const types = then ? kinds.itemsOf(then.kind) : {};
  return (
    <details onToggle={() => void look()}>
      <summary>All of it, as it was</summary>
      {problem ? <p className="quiet">{problem}</p> : null}
      {then ? (
        <ol aria-label="The entries then">
          {then.ordered.map((item) => (
            <li key={item.id}>
              <span>{titleOf(item, types[item.type])}</span>
              <span className="quiet">{factsOf(item, types[item.type] ?? {})}</span>
            </li>
          ))}
        </ol>
      ) : null}
    </details>
  );
}
