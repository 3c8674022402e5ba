/** Fields that are chosen rather than typed: one of a few words, or yes and no. */

import type { ReactNode } from "react";
import type { FieldProps } from "./props";

type ChosenProps = Omit<FieldProps, "type" | "others" | "placeholder">;

export function ChoiceField(props: ChosenProps & { options: readonly string[] }): ReactNode {
  const { content, item, field, value, label, options, className = "", isReadOnly } = props;
  return (
    <select
      className={`line ${className}`}
      aria-label={label}
      disabled={isReadOnly}
      value={typeof value === "string" ? value : ""}
      data-field={field}
      onFocus={() => content.focus({ item, field })}
      onBlur={() => content.focus(null)}
      onChange={(event) => content.setField(item, field, event.target.value || null)}
    >
      <option value="">–</option>
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}

export function FlagField({ content, item, field, value, label, className = "", isReadOnly }: ChosenProps): ReactNode {
  return (
    <input
      className={`flag ${className}`}
      type="checkbox"
      aria-label={label}
      disabled={isReadOnly}
      checked={value === true}
      data-field={field}
      onFocus={() => content.focus({ item, field })}
      onBlur={() => content.focus(null)}
      onChange={(event) => content.setField(item, field, event.target.checked)}
    />
  );
}
