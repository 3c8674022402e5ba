/** Opens the import, which comes in a file of its own. */

import { type ReactNode, useState } from "react";
import type { Rest } from "../react";
import { part } from "./part";
import { Icon } from "./ui";

const ImportDialog = part(async () => (await import("./ImportDialog")).ImportDialog);

export function ImportButton({ bandId, rest }: { bandId: string; rest: Rest }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="import" /> Import
      </button>
      {isOpen ? <ImportDialog bandId={bandId} rest={rest} onClose={() => setOpen(false)} waiting={null} /> : null}
    </>
  );
}
