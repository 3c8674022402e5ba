import { type ReactNode, useMemo, useState } from "react";
import { type Band, CollabProvider, type Rest, RestError } from "../react";
import { BandPage } from "./BandPage";
import type { Entered } from "./entered";
import { Kinds, KindsProvider } from "./kinds";
import { go } from "./route";
import { useSignedOutElsewhere, useSigningOut } from "./SignOut";
import { Songs, SongsProvider } from "./songs";
import { Toasts, useToasts } from "./toasts";
import { useKnown } from "./useKnown";
import { useRoute } from "./useRoute";

export function App({ entered }: { entered: Entered | null }): ReactNode {
  if (!entered) {
    return (
      <Plain title="Open your link">
        <p>You come in by the link that your band sent you. It ends in “#token=…”.</p>
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
  const { rest } = entered;
  const { known, problem, add } = useKnown(entered);
  const route = useRoute();
  const signOut = useSigningOut();
  useSignedOutElsewhere();
  const kinds = useMemo(() => new Kinds(known?.kinds ?? []), [known?.kinds]);

  if (problem?.status === 401) {
    return (
      <Plain title="This link has run out">
        <p>Ask for a new one: {problem.message}.</p>
        <button type="button" className="button" onClick={signOut}>
          Sign out
        </button>
      </Plain>
    );
  }
  if (!known) return problem ? <Plain title="No connection"><p>{problem.message}</p></Plain> : <Plain title="One moment…" />;
  const band = known.bands.find(({ id }) => id === route.band) ?? known.bands[0];
  if (!band) return <FirstBand rest={rest} onMade={add} />;
  return (
    <KindsProvider value={kinds}>
      <BandPage key={band.id} band={band} bands={known.bands} me={known.user} rest={rest} route={route} />
    </KindsProvider>
  );
}

function FirstBand({ rest, onMade }: { rest: Rest; onMade: (band: Band) => void }): ReactNode {
  const [name, setName] = useState("");
  const [isMaking, setMaking] = useState(false);
  const say = useToasts();
  const make = async (): Promise<void> => {
    setMaking(true);
    try {
      const band = await rest.createBand(name.trim());
      await rest.createContent(band.id, "repertoire", "Repertoire");
      go({ band: band.id });
      onMade(band);
    } catch (error) {
      setMaking(false);
      say({ text: `That did not work: ${error instanceof RestError ? error.message : String(error)}`, isImportant: true });
    }
  };
  return (
    <Plain title="Name your band">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && !isMaking) void make();
        }}
      >
        <input className="box" aria-label="The band's name" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="button is-main" disabled={!name.trim() || isMaking}>
          Begin
        </button>
      </form>
    </Plain>
  );
}

export function Plain({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <main className="plain">
      <h1>{title}</h1>
      {children}
    </main>
  );
}
