/** A content's own fields, at the top of its page: its title, facts, and texts, as its kind declares them. */

import { type ReactNode, useEffect, useRef } from "react";
import { Field, Named } from "./Field";
import { useKinds } from "./kinds";
import type { PageProps } from "./props";
import { fieldName } from "./words";

/** `children` stand between the facts and the texts. */
export function ContentHead({ content, document, others, isReadOnly, children }: PageProps & { children?: ReactNode }): ReactNode {
  const types = useKinds().fieldsOf(document.kind);
  const names = Object.keys(types).filter((name) => name !== "title");
  const facts = names.filter((name) => types[name]!.type !== "text");
  const texts = names.filter((name) => types[name]!.type === "text");
  const of = (field: string) => ({
    content,
    others,
    isReadOnly,
    item: null,
    field,
    type: types[field] ?? { type: "other" as const },
    value: document.fields[field],
  });
  // What was just made has its title chosen first.
  const heading = useRef<HTMLHeadingElement>(null);
  const isNew = document.version === 0 && document.items.size === 0 && !isReadOnly;
  useEffect(() => {
    if (isNew) heading.current?.querySelector("input")?.select();
  }, [isNew]);
  return (
    <section className="head" aria-label="About it">
      <h1 ref={heading}>
        <Field {...of("title")} label="Title" placeholder="Untitled" className="is-title" />
      </h1>
      {facts.length > 0 ? (
        <div className="head-facts">
          {facts.map((field) => (
            <Named key={field} {...of(field)} name={fieldName(field)} label={fieldName(field)} />
          ))}
        </div>
      ) : null}
      {children}
      {texts.map((field) => {
        const label = field === "notes" && document.kind === "setlist" ? "Notes for the night" : fieldName(field);
        return <Field key={field} {...of(field)} label={label} placeholder={label} />;
      })}
    </section>
  );
}
