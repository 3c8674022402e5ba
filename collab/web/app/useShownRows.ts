/**
 * Which rows of a long list exist: those on the screen and some around it, and wherever they are, those that somebody
 * is at. On paper all do.
 *
 * They stand in the flow of the page, so that a row that grows moves what follows at once. What is left out before a
 * row is its gap. The browser itself keeps in its place what one looks at, where rows above it come, go or turn out
 * higher than was thought; a browser that can't has the virtual list do it.
 */

import { defaultRangeExtractor, type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

/** What a row is taken to be until it has been seen. */
const ROW_PX = 52;

/** Rows around the screen: enough for Tab and the arrow keys to find the next one. */
const AROUND = 4;

export interface ShownRow {
  id: string;
  /** From 0. */
  index: number;
  gap_px: number;
}

export interface ShownRows {
  rows: readonly ShownRow[];
  /** What is left out after the last one. */
  rest_px: number;
  /** To be given each row's element, whose `data-index` is its index. */
  measure: (row: Element | null) => void;
}

/** `held` is kept too: an entry that is being moved. Elements of rows have their id as `data-item`. */
export function useShownRows(list: RefObject<HTMLElement | null>, ids: readonly string[], held: string | null): ShownRows {
  const isOnPaper = useOnPaper();
  const virtualizer = useWindowVirtualizer({
    count: ids.length,
    estimateSize: () => ROW_PX,
    overscan: AROUND,
    scrollMargin: useTop(list),
    getItemKey: useCallback((index: number) => ids[index]!, [ids]),
    rangeExtractor: useCallback(
      (range: Range) => {
        const kept = [held, ...attended(list.current)].map((id) => (id === null ? -1 : ids.indexOf(id)));
        const all = new Set([...defaultRangeExtractor(range), ...kept.filter((index) => index >= 0)]);
        return [...all].sort((a, b) => a - b);
      },
      [ids, held, list],
    ),
  });
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = CSS.supports("overflow-anchor", "auto") ? () => false : undefined;

  const measure = virtualizer.measureElement;
  if (isOnPaper) return { rows: ids.map((id, index) => ({ id, index, gap_px: 0 })), rest_px: 0, measure };
  const top = virtualizer.options.scrollMargin;
  let end = top;
  const rows = virtualizer.getVirtualItems().map((row) => {
    const gap_px = row.start - end;
    end = row.end;
    return { id: ids[row.index]!, index: row.index, gap_px };
  });
  return { rows, rest_px: virtualizer.getTotalSize() + top - end, measure };
}

/** The rows that somebody is at: with the focus, or with something in them that is no value yet. */
function attended(list: HTMLElement | null): string[] {
  const found = [...(list?.querySelectorAll(":focus, [aria-invalid=true]") ?? [])];
  return found.flatMap((element) => element.closest<HTMLElement>("[data-item]")?.dataset.item ?? []);
}

/** Where the list begins in the page: what stands above it may grow. */
function useTop(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const look = (): void => {
      if (list.current) setTop(Math.round(list.current.getBoundingClientRect().top + scrollY));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list]);
  return top;
}

/** Whether the page is being printed. */
function useOnPaper(): boolean {
  const [isOnPaper, setOnPaper] = useState(false);
  useEffect(() => {
    const before = (): void => flushSync(() => setOnPaper(true));
    const after = (): void => setOnPaper(false);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
  return isOnPaper;
}
