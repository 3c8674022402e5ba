/** Any field of any kind, edited in place by the control that fits its type. */

import type { ReactNode } from "react";
import { ChoiceField, FlagField } from "./ChoiceField";
import { formatOf, placeholderOf } from "./format";
import { LineField } from "./LineField";
import type { FieldProps } from "./props";
import { TextField, TextLine } from "./TextField";
import { Icon } from "./ui";
import { fieldName } from "./words";

export function Field({ type, others, ...props }: FieldProps): ReactNode {
  const { item, field, value, placeholder = placeholderOf(field) } = props;
  switch (type.type) {
    case "text":
    case "line": {
      const here = others.filter(({ focus }) => focus && (focus.item ?? null) === item && focus.field === field);
      const words = { ...props, value: typeof value === "string" ? value : "", maxLength: type.max_length, others: here };
      if (type.type === "line") return <TextLine {...words} placeholder={placeholder} />;
      return <TextField {...words} placeholder={placeholder || fieldName(field)} />;
    }
    case "choice":
      return <ChoiceField {...props} options={type.options} />;
    case "flag":
      return <FlagField {...props} />;
    default: {
      // A host application's own values may be of any shape: what is no line is only shown.
      const isReadOnly = props.isReadOnly || (type.type === "other" && typeof value === "object" && value !== null);
      return <LineField {...props} isReadOnly={isReadOnly} format={formatOf(field, type)} placeholder={placeholder} />;
    }
  }
}

/** A field with its name on it; where it is a web address, with a way to open it. */
export function Named({ name, ...props }: FieldProps & { name: string }): ReactNode {
  const { type, value, label } = props;
  const isLink = type.type === "pattern" && typeof value === "string" && /^https?:\/\//i.test(value);
  return (
    <label className={`detail ${type.type === "text" ? "is-text" : ""} ${isLink ? "has-link" : ""}`}>
      <span>{name}</span>
      <Field {...props} />
      {isLink ? (
        <a className="icon-button" href={value} target="_blank" rel="noreferrer" aria-label={`Open the ${label.toLowerCase()}`}>
          <Icon name="open" />
        </a>
      ) : null}
    </label>
  );
}
