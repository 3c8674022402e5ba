/** What live tests share. */

import type { Content } from "../sdk";

export function until(content: Content, isSo: (state: ReturnType<Content["getState"]>) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo(content.getState())) return;
      stop();
      resolve();
    };
    const stop = content.subscribe(look);
    look();
  });
}
