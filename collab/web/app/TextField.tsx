/** Words that are merged letter by letter, with everybody's cursors in them: a text, or one line. */

import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { Presence } from "../react";
import { Cursors } from "./Cursors";
import { withoutBreaks } from "./format";
import type { FieldProps } from "./props";
import { useTyping } from "./useTyping";

interface WordsProps extends Omit<FieldProps, "type" | "value" | "placeholder"> {
  value: string;
  placeholder: string;
  maxLength: number;
  /** The others who are in these words. */
  others: readonly Presence[];
}

/** The area grows with what is written, since it lies over a mirror of it, which has the cursors. */
export function TextField(props: Omit<WordsProps, "className">): ReactNode {
  const { field, label, placeholder, maxLength, isReadOnly, others } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const { shown, handlers } = useTyping(area, props);
  return (
    <span className="text" data-text={field}>
      <span className="text-mirror" aria-hidden="true">
        <Cursors value={shown} others={others} />
      </span>
      <textarea
        ref={area}
        aria-label={label}
        placeholder={isReadOnly ? "" : placeholder}
        readOnly={isReadOnly}
        maxLength={maxLength}
        value={shown}
        rows={1}
        data-field={field}
        {...handlers}
      />
    </span>
  );
}

/** One line. What is longer than the field is scrolled in it, and the mirror with it. */
export function TextLine(props: WordsProps): ReactNode {
  const { field, label, placeholder, className = "", maxLength, isReadOnly, others } = props;
  const area = useRef<HTMLInputElement>(null);
  const { shown, write, handlers } = useTyping(area, props, withoutBreaks);
  // An entry's fields are named by its title: the name of that one stands still while it is typed in.
  const [heldLabel, setHeldLabel] = useState<string | null>(null);
  const [scrolled_px, setScrolled] = useState(0);
  const follow = (): void => setScrolled(area.current?.scrollLeft ?? 0);
  useLayoutEffect(follow, [shown, others]);
  return (
    <span className="writing">
      {others.length > 0 ? (
        <span className="text-mirror" aria-hidden="true" style={{ textIndent: -scrolled_px }}>
          <Cursors value={shown} others={others} />
        </span>
      ) : null}
      <input
        ref={area}
        className={`line ${className}`}
        aria-label={heldLabel ?? label}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="done"
        placeholder={isReadOnly ? "" : placeholder}
        readOnly={isReadOnly}
        maxLength={maxLength}
        value={shown}
        data-field={field}
        {...handlers}
        onScroll={follow}
        onFocus={() => {
          setHeldLabel(label);
          handlers.onFocus();
        }}
        onBlur={() => {
          setHeldLabel(null);
          // Whoever else is at it may be about to go on behind a space.
          if (others.length === 0 && shown !== shown.trim()) write(shown.trim());
          handlers.onBlur();
        }}
        onKeyDown={({ key, currentTarget, nativeEvent }) => {
          if ((key === "Enter" || key === "Escape") && !nativeEvent.isComposing) currentTarget.blur();
        }}
      />
    </span>
  );
}
