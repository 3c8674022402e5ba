/** The name of the band that is open, and the way to the others. */

import { type ReactNode, useState } from "react";
import type { Band, Rest, Role } from "../react";
import { part } from "./part";
import { Icon } from "./ui";

const BandsDialog = part(async () => (await import("./BandsDialog")).BandsDialog);

export interface BandsProps {
  band: Band;
  bands: readonly Band[];
  role: Role;
  rest: Rest;
  /** Whether bands are made and changed here, and not by a host. */
  mayMake: boolean;
  onMade: (band: Band) => void;
}

export function BandsButton(props: BandsProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <h1 className="bar-title">
        <button type="button" className="bar-band" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          {props.band.name} <Icon name="down" />
        </button>
      </h1>
      {isOpen ? <BandsDialog {...props} onClose={() => setOpen(false)} waiting={null} /> : null}
    </>
  );
}
