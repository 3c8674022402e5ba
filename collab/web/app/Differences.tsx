/** What changed between two versions, to be seen at a glance: what came, went, moved, and each value before and after. */

import type { ReactNode } from "react";
import { type Difference, type FieldType, text, type Value } from "../react";
import { factsOf, shown } from "./format";
import { titleOf, useKinds } from "./kinds";
import { fieldName } from "./words";

type Change = Difference["changes"][number];

interface DifferencesProps {
  difference: Difference;
  /** The kind of the content. */
  kind: string;
  /** Whether it is to be said who each was. */
  hasAuthors: boolean;
}

export function Differences({ difference, kind, hasAuthors }: DifferencesProps): ReactNode {
  if (difference.changes.length === 0) return <p className="quiet">Nothing is different.</p>;
  return (
    <ul className="differences" aria-label="What is different">
      {byItem(difference.changes).map((changes) => {
        const [first] = changes;
        const authors = [...new Set(changes.map(({ author }) => author?.name ?? "Somebody"))].join(", ");
        return (
          <li key={first?.item ?? ""}>
            {changes.map((change, index) => (
              <One key={index} change={change} kind={kind} isFirst={index === 0} />
            ))}
            {hasAuthors ? <span className="quiet"> {authors}</span> : null}
          </li>
        );
      })}
    </ul>
  );
}

/** Of each item, and of the content itself, the changes together. They come so. */
function byItem(changes: readonly Change[]): Change[][] {
  const found: Change[][] = [];
  for (const change of changes) {
    const last = found.at(-1);
    if (last?.[0]?.item === change.item) last.push(change);
    else found.push([change]);
  }
  return found;
}

function One({ change, kind, isFirst }: { change: Change; kind: string; isFirst: boolean }): ReactNode {
  const kinds = useKinds();
  const { item, type } = change;
  const types = type === null ? kinds.fieldsOf(kind) : (kinds.itemsOf(kind)[type] ?? {});
  const name = type === null ? null : titleOf({ type, fields: { title: change.title } });
  switch (change.change) {
    case "added":
      return (
        <p className="is-added">
          <span className="sign" role="img" aria-label="added">+</span> <ins>{name}</ins> <span className="quiet">at {change.to} {factsOf(change, types)}</span>
        </p>
      );
    case "removed":
      return (
        <p className="is-removed">
          <span className="sign" role="img" aria-label="removed">−</span> <del>{name}</del> <span className="quiet">from {change.from}</span>
        </p>
      );
    case "moved":
      return (
        <p>
          <span className="sign" role="img" aria-label="moved">↕</span> {name} <span className="quiet">from {change.from} to {change.to}</span>
        </p>
      );
    case "set": {
      const { field, before, after } = change;
      return (
        <>
          {isFirst && item !== null ? <p>{name}</p> : null}
          <p className="is-set">
            <span className="quiet">{fieldName(field)}</span> <Values field={field} type={types[field] ?? { type: "other" }} before={before} after={after} />
          </p>
        </>
      );
    }
  }
}

/** Letters around a change in a text that are shown with it. */
const AROUND = 24;

function Values({ field, type, before, after }: { field: string; type: FieldType; before: Value; after: Value }): ReactNode {
  const isText = (type.type === "text" || type.type === "other") && isWords(before) && isWords(after);
  if (isText && before && after) return <TextChange before={before} after={after} />;
  return (
    <>
      {isNothing(before) ? null : <del>{shown(field, type, before)}</del>} {isNothing(after) ? null : <ins>{shown(field, type, after)}</ins>}
    </>
  );
}

const isWords = (value: Value): value is string => typeof value === "string";
const isNothing = (value: Value): boolean => value === null || value === undefined || value === "";

function TextChange({ before, after }: { before: string; after: string }): ReactNode {
  const delta = text.replace(before, after);
  const [old, now] = [[...before], [...after]];
  const start = typeof delta[0] === "number" ? delta[0] : 0;
  const oldEnd = Math.max(text.reach(delta), start);
  const end = oldEnd + now.length - old.length;
  return (
    <span className="text-change">
      {start > AROUND ? "…" : ""}
      {now.slice(Math.max(0, start - AROUND), start).join("")}
      {oldEnd > start ? <del>{old.slice(start, oldEnd).join("")}</del> : null}
      {end > start ? <ins>{now.slice(start, end).join("")}</ins> : null}
      {now.slice(end, end + AROUND).join("")}
      {end + AROUND < now.length ? "…" : ""}
    </span>
  );
}
