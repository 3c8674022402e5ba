/** Coming in by a link: what it is for is said before it is used, and somebody new gives a name. */

import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Rest, RestError } from "../react";
import { rememberUser } from "./device";
import { join, look, type OpenedLink } from "./people";
import { restUrl } from "./place";
import { Plain } from "./Plain";
import { pathOf } from "./route";
import type { Identity } from "./session";

interface JoinProps {
  secret: string;
  /** Who is here already. */
  identity: Identity | null;
}

const wordsOf = (error: unknown): string => (error instanceof RestError ? error.message : String(error));

export function Join({ secret, identity }: JoinProps): ReactNode {
  const [link, setLink] = useState<OpenedLink | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isComing, setComing] = useState(false);
  const [name, setName] = useState("");
  const rest = new Rest(identity?.token ?? "", restUrl);
  useEffect(() => {
    look(rest, secret).then(setLink, (error: unknown) => setProblem(wordsOf(error)));
  }, [secret]);

  const come = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isComing) return;
    setComing(true);
    try {
      const { user, band } = await join(rest, secret, isNew ? name.trim() : undefined);
      if (!identity) rememberUser(user);
      history.replaceState(null, "", band ? pathOf({ band: band.id }) : location.pathname);
      location.reload();
    } catch (error) {
      setComing(false);
      setProblem(wordsOf(error));
    }
  };
  if (!link) {
    return problem ? (
      <Plain title="This link lets nobody in">
        <p role="alert">{problem}.</p>
        {identity ? <Onward /> : null}
      </Plain>
    ) : (
      <Plain title="One moment…" />
    );
  }
  if (link.purpose === "device" && identity) {
    return (
      <Plain title="A link for another device">
        <p>You are here as {identity.name}. Open it on the other device, or sign out here first.</p>
        <Onward />
      </Plain>
    );
  }
  const isNew = !identity && link.purpose !== "device";
  const asOneself = link.user?.name ?? identity?.name;
  return (
    <Plain title={titleOf(link)}>
      {asOneself ? <p>You come in as {asOneself}.{identity ? " If that is not you, they sign out here first." : ""}</p> : null}
      <form className="stack" onSubmit={(event) => void come(event)}>
        {isNew ? (
          <input
            className="box"
            aria-label="Your name"
            placeholder="Your name"
            autoComplete="given-name"
            autoFocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        ) : null}
        <button type="submit" className="button is-main" disabled={isComing || (isNew && !name.trim())}>
          Come in
        </button>
        {problem ? <p role="alert">{problem}.</p> : null}
      </form>
    </Plain>
  );
}

function titleOf({ purpose, band }: OpenedLink): string {
  if (purpose === "first") return "Welcome. What are you called?";
  return purpose === "device" ? "Your other device" : `Come into ${band}`;
}

function Onward(): ReactNode {
  return (
    <button type="button" className="button" onClick={() => location.reload()}>
      Go on without it
    </button>
  );
}
