/** Fields that are edited in place: a line that is set whole, and a text that is merged letter by letter. */

import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Content, type Presence, text, useBeforeLeave, type Value } from "../react";
import { type Format, LINE } from "./format";
import { colored } from "./ui";

/** A value goes out once its writer pauses: whole words rather than letters end up in the history. */
const PAUSE_MS = 600;

interface LineFieldProps {
  content: Content;
  item: string | null;
  field: string;
  value: Value;
  label: string;
  format?: Format<unknown>;
  placeholder?: string;
  className?: string;
  isReadOnly: boolean;
  inputMode?: "text" | "decimal" | "numeric" | "url";
  type?: "text" | "date" | "time";
}

export function LineField({
  content,
  item,
  field,
  value,
  label,
  format = LINE,
  placeholder = "",
  className = "",
  isReadOnly,
  inputMode = "text",
  type = "text",
}: LineFieldProps): ReactNode {
  const shown = value === undefined || value === null ? "" : format.show(value);
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ draft, shown, content });
  latest.current = { draft, shown, content };

  const typed = (draft ?? shown).trim();
  const isWrong = draft !== null && typed !== "" && format.parse(typed) === undefined;

  const commit = (): void => {
    clearTimeout(timer.current);
    const { draft, shown, content } = latest.current;
    if (draft === null || draft.trim() === shown) return;
    const text = draft.trim();
    const parsed = text === "" ? null : format.parse(text);
    const isNews = parsed !== undefined && (parsed === null ? "" : format.show(parsed)) !== shown;
    if (isNews) content.setField(item, field, parsed);
  };
  const commitLatest = useRef(commit);
  commitLatest.current = commit;

  // A closing tab must not take the last word with it.
  useBeforeLeave(commit);
  useEffect(() => () => commitLatest.current(), []);

  return (
    <input
      className={`line ${className} ${isWrong ? "is-wrong" : ""}`}
      aria-label={label}
      aria-invalid={isWrong || undefined}
      title={isWrong ? format.hint : undefined}
      type={type}
      inputMode={inputMode}
      autoComplete="off"
      spellCheck={false}
      enterKeyHint="done"
      placeholder={isReadOnly ? "" : placeholder}
      readOnly={isReadOnly}
      value={draft ?? shown}
      data-field={field}
      onFocus={() => content.focus({ item, field })}
      onChange={(event) => {
        setDraft(event.target.value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => commitLatest.current(), PAUSE_MS);
      }}
      onBlur={() => {
        commit();
        setDraft(null);
        content.focus(null);
      }}
      onKeyDown={(event: KeyboardEvent<HTMLInputElement>) => {
        if (event.key === "Enter") {
          event.currentTarget.blur();
        } else if (event.key === "Escape") {
          clearTimeout(timer.current);
          latest.current = { ...latest.current, draft: null };
          setDraft(null);
          event.currentTarget.blur();
        }
      }}
    />
  );
}

interface TextFieldProps {
  content: Content;
  item: string | null;
  field: string;
  value: string;
  label: string;
  placeholder?: string;
  isReadOnly: boolean;
  others: readonly Presence[];
}

/** A text with everybody's cursors in it. The area grows with what is written. */
export function TextField(props: TextFieldProps): ReactNode {
  const { content, item, field, value, label, placeholder = "", isReadOnly, others } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const known = useRef(value);
  const isComposing = useRef(false);
  const [composed, setComposed] = useState<string | null>(null);

  // Where the caret is right now: the events that tell of it come late, and what others write may come before them.
  const element = area.current;
  const isHere = element !== null && document.activeElement === element;
  const selected = isHere ? { text: element.value, range: [element.selectionStart, element.selectionEnd] } : null;

  // What others write moves this caret along with the letters it stands between.
  useLayoutEffect(() => {
    known.current = value;
    if (!element || !selected || selected.text === value || isComposing.current) return;
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
    const delta = text.replace(before, after, head);
    known.current = after;
    if (delta.length > 0) content.edit({ op: "text", item, field, delta });
    tell();
  };

  return (
    <div className="text">
      <div className="text-mirror" aria-hidden="true">
        <Cursors value={composed ?? value} others={others} />
      </div>
      <textarea
        ref={area}
        aria-label={label}
        placeholder={isReadOnly ? "" : placeholder}
        readOnly={isReadOnly}
        value={composed ?? value}
        rows={1}
        data-field={field}
        onFocus={tell}
        onSelect={tell}
        onBlur={() => content.focus(null)}
        onCompositionStart={() => {
          isComposing.current = true;
          setComposed(area.current?.value ?? value);
        }}
        onCompositionEnd={(event) => {
          isComposing.current = false;
          setComposed(null);
          write(event.currentTarget.value);
        }}
        onChange={(event) => {
          if (isComposing.current) setComposed(event.target.value);
          else write(event.target.value);
        }}
      />
    </div>
  );
}

function Cursors({ value, others }: { value: string; others: readonly Presence[] }): ReactNode {
  const points = [...value];
  const cursors = others
    .flatMap(({ session_id, user, focus }) => {
      const head = focus?.head;
      return typeof head === "number" ? [{ id: session_id, user, at: Math.min(head, points.length) }] : [];
    })
    .sort((a, b) => a.at - b.at);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const { id, user, at } of cursors) {
    parts.push(points.slice(from, at).join(""));
    parts.push(
      <span key={`${id} ${at}`} className="cursor" style={colored(user)} data-user={user.id}>
        <span className="cursor-name">{user.name.replace(/ \(.*\)/, "")}</span>
      </span>,
    );
    from = at;
  }
  parts.push(points.slice(from).join(""));
  // A last, empty line has a height only with something in it.
  return [...parts, "\u200b"];
}
