/**
 * Typing in shared words: each change is an edit of the letters that it is, and what others write moves the caret along.
 *
 * What is being composed (by an input method, before it is letters) is shown in the field alone, and written when it ends.
 */

import { type ChangeEvent, type CompositionEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Content, type Document, text } from "../react";

type Area = HTMLTextAreaElement | HTMLInputElement;

interface Words {
  content: Content;
  item: string | null;
  field: string;
  value: string;
}

interface Typing<Element extends Area> {
  /** What the field shows. */
  shown: string;
  /** Makes the words what is given. */
  write: (after: string) => void;
  /** What the field is given. */
  handlers: {
    onFocus: () => void;
    onSelect: () => void;
    onBlur: () => void;
    onCompositionStart: () => void;
    onCompositionEnd: (event: CompositionEvent<Element>) => void;
    onChange: (event: ChangeEvent<Element>) => void;
  };
}

/** `clean` makes of what was typed what the field may hold. */
export function useTyping<Element extends Area>(
  area: RefObject<Element | null>,
  { content, item, field, value }: Words,
  clean = (typed: string): string => typed,
): Typing<Element> {
  const known = useRef(value);
  const isComposing = useRef(false);
  /** The document that was shown when the composing began. */
  const seen = useRef<Document>(undefined);
  const [composed, setComposed] = useState<string | null>(null);

  // Where the caret is right now: the events that tell of it come late, and what others write may come before them.
  const element = area.current;
  const isHere = element !== null && document.activeElement === element;
  const selected = isHere ? { text: element.value, range: [element.selectionStart ?? 0, element.selectionEnd ?? 0] } : null;

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
      text.toPoints(element.value, unit ?? 0),
    ) as [number, number];
    content.focus({ item, field, anchor, head });
  };

  const write = (typed: string): void => {
    const after = clean(typed);
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

  return {
    shown: composed ?? value,
    write,
    handlers: {
      onFocus: tell,
      onSelect: tell,
      onBlur: () => content.focus(null),
      onCompositionStart: () => {
        isComposing.current = true;
        seen.current = content.getState().document ?? undefined;
        setComposed(area.current?.value ?? value);
      },
      onCompositionEnd: (event) => {
        isComposing.current = false;
        setComposed(null);
        write(event.currentTarget.value);
        seen.current = undefined;
      },
      onChange: (event) => {
        if (isComposing.current) setComposed(event.target.value);
        else write(event.target.value);
      },
    },
  };
}
