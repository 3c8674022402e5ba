/** The frame of one content: the band at the side, a bar with the way back and what can be done, and the content below it. */

import { type ReactNode, useRef } from "react";
import type { Band } from "../react";
import { useArrival } from "./focusing";
import { pathOf } from "./route";
import { Icon, SkipLink } from "./ui";

interface ContentFrameProps {
  band: Band;
  /** What stands beside the content. */
  side: ReactNode;
  bar: ReactNode;
  children: ReactNode;
  /** What is open over it. */
  panel?: ReactNode;
}

export function ContentFrame({ band, side, bar, children, panel }: ContentFrameProps): ReactNode {
  const shown = useRef<HTMLDivElement>(null);
  useArrival(shown);
  return (
    <div className="frame is-content">
      <SkipLink />
      {side}
      <main className="main">
        <header className="bar">
          <a className="icon-button bar-back" href={pathOf({ band: band.id })} aria-label={`Back to ${band.name}`}>
            <Icon name="back" />
          </a>
          {bar}
        </header>
        <div ref={shown} data-content tabIndex={-1}>
          {children}
        </div>
      </main>
      {panel}
    </div>
  );
}
