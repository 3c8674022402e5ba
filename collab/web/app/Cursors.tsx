/** Where others are in some words: these again, to lie unseen under or over the field, with a cursor for each. */

import type { ReactNode } from "react";
import { type Presence, text } from "../react";
import { colored } from "./ui";
import { shortName } from "./words";

export function Cursors({ value, others }: { value: string; others: readonly Presence[] }): ReactNode {
  const cursors = others
    .flatMap(({ session_id, user, focus }) => {
      const head = focus?.head;
      return typeof head === "number" ? [{ id: session_id, user, at: text.toUnits(value, head) }] : [];
    })
    .sort((a, b) => a.at - b.at);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const { id, user, at } of cursors) {
    parts.push(value.slice(from, at));
    parts.push(
      <span key={`${id} ${at}`} className="cursor" style={colored(user)} data-user={user.id}>
        <span className="cursor-name">{shortName(user)}</span>
      </span>,
    );
    from = at;
  }
  parts.push(value.slice(from));
  // A last, empty line has a height only with something in it.
  return [...parts, "\u200b"];
}
