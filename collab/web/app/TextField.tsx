/** A text that is merged letter by letter, with everybody's cursors in it. */

import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Document, type Presence, text } from "../react";
import { shortName } from "./format";
import type { FieldProps } from "./props";
import { colored } from "./ui";

interface TextFieldProps extends Omit<FieldProps, "type" | "className" | "value" | "placeholder"> {
  value: string;
  placeholder: string;
  maxLength: number;
  /** The others who are in this text. */
  others: readonly Presence[];
}

/** The area grows with what is written, since it lies over a mirror of it, which has the cursors. */
export function TextField(props: TextFieldProps): ReactNode {
  const { content, item, field, value, label, placeholder, maxLength, isReadOnly, others } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const known = useRef(value);
  const isComposing = useRef(false);
  /** The document that was shown when the composing began. */
  const seen = useRef<Document>(undefined);
  const [composed, setComposed] = useState<string | null>(null);

  // Where the caret is right now: the events that tell of it come late, and what others write may come before them.
  const element = area.current;
  const isHere = element !== null && document.activeElement === element;
  const selected = isHere ? { text: element.value, range: [element.selectionStart, element.selectionEnd] } : null;

  // What others write moves this caret along with the letters it stands between.
  useLayoutEffect(() => {
    if (isComposing.current) return;
    known.current = value;
    if (!element || !selected || selected.text === value) return;
    const delta = text.replace(selected.text, value);
    const [start, end] = selected.range.map((unit) =>
      text.toUnits(value, text.moveCursor(text.toPoints(selected.text, unit), delta)),
    );
    element.setSelectionRange(start!, end!);
  }, [value]);

  const tell = (): void => {
    const element = area.current;
    if (!element || isComposing.current) return;
    const [anchor, head] = [element.selectionStart, element.selectionEnd].map((unit) =>
      text.toPoints(element.value, unit),
    ) as [number, number];
    content.focus({ item, field, anchor, head });
  };

  const write = (after: string): void => {
    const before = known.current;
    const head = text.toPoints(after, area.current?.selectionEnd ?? after.length);
    // What others wrote since this was last shown, as while a letter was being composed, is not in `after`.
    const theirs = text.replace(before, content.getState().document?.text(item, field) ?? before);
    const delta = text.transform(text.replace(before, after, head), theirs, "right");
    known.current = after;
    if (delta.length > 0) content.writeText(item, field, delta, seen.current);
    tell();
  };

  // What is being composed goes with a row that goes, unless it is written first.
  const latest = useRef(() => {});
  latest.current = () => {
    if (isComposing.current && composed !== null) write(composed);
  };
  useEffect(() => () => latest.current(), []);

  return (
    <span className="text" data-text={field}>
      <span className="text-mirror" aria-hidden="true">
        <Cursors value={composed ?? value} others={others} />
      </span>
      <textarea
        ref={area}
        aria-label={label}
        placeholder={isReadOnly ? "" : placeholder}
        readOnly={isReadOnly}
        maxLength={maxLength}
        value={composed ?? value}
        rows={1}
        data-field={field}
        onFocus={tell}
        onSelect={tell}
        onBlur={() => content.focus(null)}
        onCompositionStart={() => {
          isComposing.current = true;
          seen.current = content.getState().document ?? undefined;
          setComposed(area.current?.value ?? value);
        }}
        onCompositionEnd={(event) => {
          isComposing.current = false;
          setComposed(null);
          write(event.currentTarget.value);
          seen.current = undefined;
        }}
        onChange={(event) => {
          if (isComposing.current) setComposed(event.target.value);
          else write(event.target.value);
        }}
      />
    </span>
  );
}

function Cursors({ value, others }: { value: string; others: readonly Presence[] }): ReactNode {
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
