/** What a band has put away, to be brought back. */

import "./styles/people.css";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import type { Band, Rest, Summary } from "../react";
import { Dialog } from "./Dialog";
import { useFailed } from "./toasts";

interface ArchivedDialogProps {
  band: Band;
  rest: Rest;
  onClose: () => void;
}

export function ArchivedDialog({ band, rest, onClose }: ArchivedDialogProps): ReactNode {
  const [archived, setArchived] = useState<Summary[] | null>(null);
  const failed = useFailed();
  const look = useCallback(
    () => rest.contents(band.id, true).then(({ contents }) => setArchived(contents), failed),
    [rest, band.id, failed],
  );
  useEffect(() => void look(), [look]);
  return (
    <Dialog title={`Archived by ${band.name}`} onClose={onClose}>
      {archived?.length === 0 ? <p className="quiet">Nothing is archived.</p> : null}
      <ul className="people-list">
        {archived?.map(({ id, title }) => (
          <li key={id}>
            <span>{title || "Untitled"}</span>
            <button
              type="button"
              className="button is-small"
              aria-label={`Bring ${title} back`}
              onClick={() => void rest.unarchive(id).then(look, failed)}
            >
              Bring back
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
