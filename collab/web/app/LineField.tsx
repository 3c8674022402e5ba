/**
 * A field that is set whole: a number, a key, a date, a list of tags. What is typed becomes a value by its format; what
 * its format does not understand stays in the field, marked, until it is mended or Escape takes it back.
 */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { type Document, useBeforeLeave } from "../react";
import type { Format } from "./format";
import type { FieldProps } from "./props";
import { useToasts } from "./toasts";
import { useUnmended } from "./unmended";
import { fieldWord } from "./words";

/** A value goes out once its writer pauses: whole words rather than letters end up in the history. */
const PAUSE_MS = 600;

/** What is being typed; `sent` is how its value is shown, once it has gone out. */
interface Typed {
  text: string;
  sent: string | null;
  /** The document that was shown when the typing began: what others did since is hidden under it. */
  seen: Document | undefined;
}

export function LineField(props: Omit<FieldProps, "type" | "others"> & { format: Format }): ReactNode {
  const { content, item, field, value, label, format, placeholder = "", className = "", isReadOnly } = props;
  const say = useToasts();
  const shown = value === undefined || value === null ? "" : format.show(value);
  const unmended = useUnmended(`${content.id} ${item} ${field}`);
  const [typed, setTyped] = useState<Typed | null>(() => (unmended.first === null ? null : { text: unmended.first, sent: null, seen: undefined }));
  const hint = useId();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // What went out is typed no more once the field holds something else: somebody set it, or it was undone.
  const live = typed?.sent != null && typed.sent !== shown ? null : typed;
  const text = live?.text.trim() ?? "";
  const parsed = text === "" ? null : format.parse(text);
  const isWrong = live !== null && parsed === undefined;

  const commit = (): void => {
    clearTimeout(timer.current);
    if (live === null || live.sent !== null || parsed === undefined) return;
    const sent = parsed === null ? "" : format.show(parsed);
    if (sent !== shown) content.setField(item, field, parsed, live.seen);
    setTyped({ ...live, sent });
  };
  const tell = (): void => {
    if (isWrong) say({ text: `“${text}” is no ${fieldWord(field)}. ${format.hint}.` });
  };
  const leave = (): void => {
    commit();
    unmended.keep(isWrong ? text : null);
    tell();
    if (!isWrong) setTyped(null);
  };
  /** Its row goes, for good or only out of sight, or the tab does. */
  const unmount = (): void => {
    commit();
    const isGone = item !== null && !content.getState().document?.items.has(item);
    unmended.keep(isWrong && !isGone ? text : null);
    if (isGone) tell();
  };
  const latest = useRef({ commit, leave, unmount });
  latest.current = { commit, leave, unmount };

  // A closing tab must not take the last word with it, nor a row that goes.
  useBeforeLeave(() => latest.current.unmount());
  useEffect(() => () => latest.current.unmount(), []);

  const drop = (): void => {
    clearTimeout(timer.current);
    latest.current = { commit: () => undefined, leave: () => undefined, unmount: () => undefined };
    unmended.keep(null);
    setTyped(null);
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>): void => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey;
    if (event.key === "Enter") {
      event.currentTarget.blur();
    } else if (event.key === "Escape") {
      drop();
      event.currentTarget.blur();
    } else if (isUndo && live?.sent === null) {
      // What has not gone out is not the content's to undo.
      drop();
      event.preventDefault();
      event.stopPropagation();
    }
  };

  return (
    <>
      <input
        className={`line ${className} ${isWrong ? "is-wrong" : ""}`}
        aria-label={label}
        aria-invalid={isWrong || undefined}
        aria-describedby={isWrong ? hint : undefined}
        title={isWrong ? format.hint : undefined}
        type={format.inputType ?? "text"}
        inputMode={format.inputMode ?? "text"}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="done"
        placeholder={isReadOnly ? "" : placeholder}
        readOnly={isReadOnly}
        value={live?.text ?? shown}
        data-field={field}
        onFocus={() => content.focus({ item, field })}
        onChange={(event) => {
          const seen = live?.sent === null ? live.seen : (content.getState().document ?? undefined);
          setTyped({ text: event.target.value, sent: null, seen });
          clearTimeout(timer.current);
          timer.current = setTimeout(() => latest.current.commit(), PAUSE_MS);
        }}
        onBlur={() => {
          latest.current.leave();
          content.focus(null);
        }}
        onKeyDown={pressed}
      />
      {isWrong ? (
        <span id={hint} className="only-heard">
          {format.hint}
        </span>
      ) : null}
    </>
  );
}
