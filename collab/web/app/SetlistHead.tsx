import type { ReactNode } from "react";
import { LineField, TextField } from "./fields";
import { lengthOf, TARGET } from "./format";
import type { PageProps } from "./SetlistPage";
import type { Times } from "./times";

export function SetlistHead({ content, document, others, isReadOnly, times }: PageProps & { times: Times }): ReactNode {
  const { fields } = document;
  const common = { content, item: null, isReadOnly };
  const here = others.filter(({ focus }) => focus && !focus.item && focus.field === "notes");
  return (
    <section className="head" aria-label="The night">
      <h1>
        <LineField {...common} field="title" value={fields.title} label="Title" placeholder="Untitled" className="is-title" />
      </h1>
      <div className="head-facts">
        <label>
          <span>Date</span>
          <LineField {...common} field="date" value={fields.date} label="Date" type="date" />
        </label>
        <label>
          <span>Venue</span>
          <LineField {...common} field="venue" value={fields.venue} label="Venue" placeholder="Where" />
        </label>
        <label>
          <span>Start</span>
          <LineField {...common} field="start_time" value={fields.start_time} label="Start time" type="time" />
        </label>
        <label>
          <span>Target</span>
          <LineField
            {...common}
            field="target_duration"
            value={fields.target_duration}
            label="Target length"
            format={TARGET}
            placeholder="1:50"
          />
        </label>
      </div>
      <Total times={times} />
      <TextField
        {...common}
        field="notes"
        value={document.text(null, "notes")}
        label="Notes for the night"
        placeholder="Notes for the night"
        others={here}
      />
    </section>
  );
}

function Total({ times }: { times: Times }): ReactNode {
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
