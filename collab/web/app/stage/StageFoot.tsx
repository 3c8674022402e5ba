/** The way back, and the way on with what comes next. */

import type { ReactNode } from "react";
import type { Item } from "../../react";

interface StageFootProps {
  items: readonly Item[];
  at: number;
  step: (by: 1 | -1) => void;
}

export function StageFoot({ items, at, step }: StageFootProps): ReactNode {
  const next = items[at + 1];
  return (
    <footer className="stage-foot">
      <button type="button" className="stage-step" disabled={at === 0} onClick={() => step(-1)}>
        Back
      </button>
      <button type="button" className="stage-step is-next" disabled={!next} onClick={() => step(1)}>
        {next ? (
          <>
            <span>Next</span> {String(next.fields.title ?? "Untitled")}
            {next.fields.key ? <b> {String(next.fields.key)}</b> : null}
          </>
        ) : (
          "The end"
        )}
      </button>
    </footer>
  );
}
