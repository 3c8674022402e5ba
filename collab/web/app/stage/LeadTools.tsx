/** Who leads: to follow them, to lead oneself, and for a leader to let somebody else who asks. */

import { type ReactNode, useEffect, useRef } from "react";
import type { Presence } from "../../react";
import { useToasts } from "../toasts";
import { colored } from "../ui";
import { shortName } from "../words";
import { askersOf } from "./leading";
import type { Stage } from "./useStage";

interface LeadToolsProps {
  stage: Stage;
  sessions: readonly Presence[];
  isOnline: boolean;
  mayTake: boolean;
}

const WORDS = { leads: "Leading", asks: "Asking to lead" } as const;

export function LeadTools({ stage, sessions, isOnline, mayTake }: LeadToolsProps): ReactNode {
  const { leading, leader, isLed } = stage;
  const { mode } = leading;
  const isLeading = mode === "leads";
  useAskers(isLeading ? askersOf(sessions) : NOBODY, stage.lead);
  const words = mode === "leads" || mode === "asks" ? WORDS[mode] : leader && !mayTake ? "Ask to lead" : "Lead";
  return (
    <>
      {isOnline ? null : (
        <span className="stage-offline" role="status">
          {isLeading ? "Offline: nobody follows" : "Offline"}
        </span>
      )}
      {leader && !isLeading ? (
        <button
          type="button"
          className="button is-small stage-follow"
          style={colored(leader.user)}
          aria-pressed={isLed}
          onClick={stage.follow}
        >
          {isLed ? `Following ${shortName(leader.user)}` : `Follow ${shortName(leader.user)}`}
        </button>
      ) : null}
      <button type="button" className="button is-small" aria-pressed={isLeading || mode === "asks"} onClick={stage.lead}>
        {words}
      </button>
    </>
  );
}

const NOBODY: readonly Presence[] = [];

/** Tells a leader of each who asks, once. */
function useAskers(askers: readonly Presence[], letGo: () => void): void {
  const say = useToasts();
  const told = useRef(new Set<string>());
  useEffect(() => {
    const before = told.current;
    told.current = new Set(askers.map(({ session_id }) => session_id));
    for (const { session_id, user } of askers) {
      if (before.has(session_id)) continue;
      const name = shortName(user);
      say({ text: `${name} asks to lead.`, action: { label: `Let ${name} lead`, run: letGo }, isImportant: true });
    }
  }, [askers, letGo, say]);
}
