/** One's bands: to go from one to another, to begin one, and for owners to rename theirs, archive it and bring it back. */

import "./styles/people.css";
import type { ReactNode } from "react";
import type { Band } from "../react";
import { makeBand } from "./bands";
import type { BandsProps } from "./BandsButton";
import { Dialog } from "./Dialog";
import { NameForm } from "./NameForm";
import { pathOf } from "./route";
import { useFailed, useToasts } from "./toasts";

export function BandsDialog({ band, bands, role, rest, mayMake, onMade, onClose }: BandsProps & { onClose: () => void }): ReactNode {
  const say = useToasts();
  const failed = useFailed();
  const change = (what: { name?: string; is_archived?: boolean }, words: string): Promise<void> =>
    rest.changeBand(band.id, what).then(() => say({ text: words }), failed);
  const link = ({ id, name }: Band): ReactNode => (
    <li key={id}>
      <a className="side-link" href={pathOf({ band: id })} aria-current={id === band.id ? "page" : undefined} onClick={onClose}>
        {name}
      </a>
    </li>
  );
  const archived = bands.filter(({ is_archived }) => is_archived);
  return (
    <Dialog title="Your bands" onClose={onClose}>
      <ul>{bands.filter(({ is_archived }) => !is_archived).map(link)}</ul>
      {archived.length > 0 ? (
        <section aria-label="Archived bands">
          <h3>Archived</h3>
          <ul>{archived.map(link)}</ul>
        </section>
      ) : null}
      {mayMake && role === "owner" ? (
        <section aria-label="This band">
          <h3>{band.name}</h3>
          <NameForm
            key={band.name}
            label="Its name"
            action="Rename"
            name={band.name}
            onName={(name) => change({ name }, `The band is ${name} now.`)}
          />
          {band.is_archived ? (
            <button type="button" className="button" onClick={() => void change({ is_archived: false }, `${band.name} is back.`)}>
              Bring the band back
            </button>
          ) : (
            <button type="button" className="button" onClick={() => void change({ is_archived: true }, `${band.name} is archived.`)}>
              Archive the band
            </button>
          )}
        </section>
      ) : null}
      {mayMake ? (
        <section aria-label="Another band">
          <h3>Another band</h3>
          <NameForm
            label="The new band's name"
            action="Begin"
            onName={async (name) => {
              try {
                onMade(await makeBand(rest, name));
                onClose();
              } catch (error) {
                failed(error);
              }
            }}
          />
        </section>
      ) : null}
    </Dialog>
  );
}
