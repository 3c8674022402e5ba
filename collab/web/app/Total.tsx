/** How long a setlist takes, against how long it should. */

import type { ReactNode } from "react";
import { lengthOf } from "./clock";
import type { Times } from "./times";

export function Total({ times }: { times: Times }): ReactNode {
  const { total, target, ends, unknown } = times;
  const over = target === null ? 0 : total - target;
  const words = [
    lengthOf(total),
    target === null ? null : Math.abs(over) < 60 ? "on target" : over > 0 ? `${lengthOf(over)} over` : `${lengthOf(-over)} to fill`,
    ends === null ? null : `ends ${ends}`,
    unknown ? `${unknown} without a length` : null,
  ].filter(Boolean);
  return (
    <div className={`total ${over >= 60 ? "is-over" : ""}`}>
      {target === null ? null : (
        <meter
          className="total-bar"
          min={0}
          max={Math.max(target, total)}
          high={target + 59}
          value={total}
          aria-label="Length against the target"
        />
      )}
      <p>{words.join(" · ")}</p>
    </div>
  );
}
