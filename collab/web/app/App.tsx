import { type ReactNode, useMemo } from "react";
import { CollabProvider } from "../react";
import { BandPage } from "./BandPage";
import { bandToShow } from "./bands";
import type { Entered } from "./entered";
import { FirstBand } from "./FirstBand";
import { Help } from "./Help";
import { Kinds, KindsProvider } from "./kinds";
import { useSignedOutElsewhere, useSigningOut } from "./SignOut";
import { part } from "./part";
import { Plain } from "./Plain";
import type { Identity } from "./session";
import { Songs, SongsProvider } from "./songs";
import { Toasts } from "./toasts";
import { useKnown } from "./useKnown";
import { useRoute } from "./useRoute";

const Join = part(async () => (await import("./Join")).Join);

interface AppProps {
  entered: Entered | null;
  link: string | null;
  identity: Identity | null;
}

export function App({ entered, link, identity: here }: AppProps): ReactNode {
  if (link !== null) {
    return (
      <Toasts>
        <Join secret={link} identity={here} waiting={<Plain title="One moment…" />} />
      </Toasts>
    );
  }
  if (!entered) {
    return (
      <Plain title="Open your link">
        <p>You come in by the link that your band sent you.</p>
      </Plain>
    );
  }
  const { identity, connection } = entered;
  return (
    <CollabProvider userId={identity.userId} token={identity.token} connection={connection}>
      <Toasts>
        <Bands entered={entered} />
      </Toasts>
    </CollabProvider>
  );
}

function Bands({ entered }: { entered: Entered }): ReactNode {
  const { identity, rest } = entered;
  const songs = useMemo(() => new Songs(rest, identity.userId), [rest, identity]);
  return (
    <SongsProvider value={songs}>
      <OneBand entered={entered} />
    </SongsProvider>
  );
}

function OneBand({ entered }: { entered: Entered }): ReactNode {
  const { rest, identity } = entered;
  const { known, problem, add } = useKnown(entered);
  const route = useRoute();
  const signOut = useSigningOut();
  useSignedOutElsewhere();
  const kinds = useMemo(() => new Kinds(known?.kinds ?? []), [known?.kinds]);

  if (problem?.status === 401) {
    return (
      <Plain title={typeof identity.token === "string" ? "This link has run out" : "You are signed out here"}>
        <p>Open a new link: {problem.message}.</p>
        <button type="button" className="button" onClick={signOut}>
          Sign out
        </button>
      </Plain>
    );
  }
  if (!known) return problem ? <Plain title="No connection"><p>{problem.message}</p></Plain> : <Plain title="One moment…" />;
  const band = bandToShow(known.bands, route.band, identity.userId);
  const mayMake = known.may_make_bands;
  if (!band) return <FirstBand rest={rest} mayMake={mayMake} onMade={add} />;
  return (
    <KindsProvider value={kinds}>
      <BandPage key={band.id} band={band} bands={known.bands} me={known.user} rest={rest} route={route} mayMake={mayMake} onMade={add} />
      <Help />
    </KindsProvider>
  );
}
