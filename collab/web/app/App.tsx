import { type ReactNode, useEffect, useMemo, useState } from "react";
import { type Band, CollabProvider, Document, type Problem, Rest, RestError, useCollab, useConnection } from "../react";
import { BandPage } from "./BandPage";
import { Kinds, KindsProvider } from "./kinds";
import { lostToast } from "./notices";
import { go, useRoute } from "./route";
import { type Identity, identify, type Known, remembered, signOut } from "./session";
import { Songs, SongsProvider } from "./songs";
import { Toasts, useToasts } from "./toasts";

export function App(): ReactNode {
  const [identity] = useState(identify);
  if (!identity) {
    return (
      <Plain title="Open your link">
        <p>You come in by the link that your band sent you. It ends in “#token=…”.</p>
      </Plain>
    );
  }
  return (
    <CollabProvider userId={identity.userId} token={identity.token}>
      <Toasts>
        <Bands identity={identity} />
      </Toasts>
    </CollabProvider>
  );
}

const NOT_YOURS: Problem = { code: "forbidden", message: "expected a member of the band" };

function Bands({ identity }: { identity: Identity }): ReactNode {
  const rest = useMemo(() => new Rest(identity.token), [identity]);
  const songs = useMemo(() => new Songs(rest, identity.userId), [rest, identity]);
  const [known, setKnown] = useState<Known | null>(() => remembered.get(identity.userId));
  const [problem, setProblem] = useState<RestError | null>(null);
  const route = useRoute();
  const { connection } = useConnection();
  const { store } = useCollab();
  const say = useToasts();
  const kinds = useMemo(() => new Kinds(known?.kinds ?? []), [known?.kinds]);

  useEffect(() => {
    let isOver = false;
    const ask = async (): Promise<void> => {
      try {
        const [me, { kinds }] = await Promise.all([rest.me(), rest.kinds()]);
        if (isOver) return;
        const now = { ...me, kinds };
        remembered.set(identity.userId, now);
        // What is the same stays the same: nothing is shown anew.
        setKnown((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
        setProblem(null);
        const lost = await store.forget(({ confirmed }) => me.bands.some(({ id }) => id === confirmed.band_id)).catch(() => []);
        for (const { confirmed, pending } of lost) {
          const ops = pending.flatMap((entry) => entry.ops);
          say(lostToast(ops, Document.fromJson(confirmed), new Kinds(kinds), NOT_YOURS));
        }
      } catch (error) {
        if (!isOver && error instanceof RestError) setProblem(error);
      }
    };
    const again = (): void => void ask();
    again();
    addEventListener("online", again);
    connection.onMembership = again;
    return () => {
      isOver = true;
      removeEventListener("online", again);
      delete connection.onMembership;
    };
  }, [rest, identity, connection, store, say]);

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
  if (!band) return <FirstBand rest={rest} onMade={(made) => setKnown({ ...known, bands: [made] })} />;
  return (
    <KindsProvider value={kinds}>
      <SongsProvider value={songs}>
        <BandPage key={band.id} band={band} bands={known.bands} me={known.user} rest={rest} route={route} />
      </SongsProvider>
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
