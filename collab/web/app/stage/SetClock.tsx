/** How long a set has been going, beside how long it is to take. A tap starts it, and another sets it back. */

import { type ReactNode, useEffect, useState } from "react";
import { clockOf } from "../clock";

interface SetClockProps {
  started_ms: number | null;
  /** Seconds; null where the set has no length. */
  target: number | null;
  onStart: (started_ms: number | null) => void;
}

export function SetClock({ started_ms, target, onStart }: SetClockProps): ReactNode {
  const now_ms = useNow(started_ms !== null);
  const seconds = started_ms === null ? 0 : Math.max(0, Math.floor((now_ms - started_ms) / 1_000));
  const isOver = target !== null && seconds > target;
  const of = target === null ? "" : ` / ${clockOf(target)}`;
  return (
    <button
      type="button"
      className={`button is-small stage-clock ${isOver ? "is-over" : ""}`}
      aria-pressed={started_ms !== null}
      onClick={() => onStart(started_ms === null ? Date.now() : null)}
    >
      <span className="only-heard">Clock of the set: </span>
      {started_ms === null ? "Start " : ""}
      {clockOf(seconds)}
      {of}
    </button>
  );
}

function useNow(isRunning: boolean): number {
  const [now_ms, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now_ms;
}
