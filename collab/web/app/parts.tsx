/**
 * Parts of the page that come in files of their own, so that the first screen comes soon over a slow line. Once that is
 * shown the others are fetched as well, and are there where the network is not.
 *
 * React's `lazy` would keep a failed download for ever, and show what stands in for a part for 300 ms at least.
 */

import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";
import { useToasts } from "./toasts";

interface Part<Props> {
  /** Shows the part, and until it has come `waiting`. */
  (props: Props & { waiting?: ReactNode }): ReactNode;
  /** Resolves once it has come. */
  fetch: () => Promise<void>;
}

function part<Props extends object>(load: () => Promise<ComponentType<Props>>): Part<Props> {
  let come: ComponentType<Props> | null = null;
  const fetch = async (): Promise<void> => {
    come ??= await load();
  };
  function Shown({ waiting, ...props }: Props & { waiting?: ReactNode }): ReactNode {
    const [isHere, setHere] = useState(come !== null);
    const say = useToasts();
    useEffect(() => {
      let isOver = false;
      const get = (): void => void fetch().then(() => setHere(true), () => isOver || tell());
      const tell = (): void =>
        say({ text: "This part of the page has not come.", action: { label: "Try again", run: get }, isImportant: true });
      get();
      return () => {
        isOver = true;
      };
    }, [say]);
    if (isHere && come) return createElement(come, props as unknown as Props);
    return waiting === undefined ? <p className="empty">One moment…</p> : waiting;
  }
  return Object.assign(Shown, { fetch });
}

export const ContentPage = part(async () => (await import("./ContentPage")).ContentPage);
export const History = part(async () => (await import("./History")).History);
export const PrintView = part(async () => (await import("./PrintView")).PrintView);
export const StageView = part(async () => (await import("./StageView")).StageView);

let isAllAsked = false;

/** Fetches all parts once what was asked for is shown, and has the service worker keep the page on the device. */
export function useTheRest(isShown: boolean): void {
  useEffect(() => {
    if (!isShown || isAllAsked) return;
    isAllAsked = true;
    const parts = [ContentPage, History, PrintView, StageView].map(({ fetch }) => fetch());
    void Promise.allSettled(parts).then(() => navigator.serviceWorker?.register("/sw.js").catch(() => undefined));
  }, [isShown]);
}
