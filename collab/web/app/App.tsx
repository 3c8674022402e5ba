import { type ReactNode, useEffect, useMemo, useState } from "react";
import { CollabProvider, Rest, RestError, useConnection } from "../react";
import { BandPage } from "./BandPage";
import { go, useRoute } from "./route";
import { type Identity, identify, type Me, rememberedMe, signOut } from "./session";
import { Toasts } from "./toasts";

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

function Bands({ identity }: { identity: Identity }): ReactNode {
  const rest = useMemo(() => new Rest(identity.token), [identity]);
  const [me, setMe] = useState<Me | null>(() => rememberedMe.get(identity.userId));
  const [problem, setProblem] = useState<RestError | null>(null);
  const route = useRoute();
  const { connection } = useConnection();

  useEffect(() => {
    let isOver = false;
    const ask = (): void => {
      rest.me().then(
        (answer) => {
          if (isOver) return;
          rememberedMe.set(identity.userId, answer);
          setMe(answer);
          setProblem(null);
        },
        (error: RestError) => {
          if (!isOver) setProblem(error);
        },
      );
    };
    ask();
    addEventListener("online", ask);
    connection.onMembership = ask;
    return () => {
      isOver = true;
      removeEventListener("online", ask);
    };
  }, [rest, identity, connection]);

  const band = me?.bands.find(({ id }) => id === route.band) ?? me?.bands[0];

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
  if (!me) return problem ? <Plain title="No connection"><p>{problem.message}</p></Plain> : <Plain title="One moment…" />;
  if (!band) return <FirstBand rest={rest} onMade={(made) => setMe({ ...me, bands: [made] })} />;
  return <BandPage key={band.id} band={band} bands={me.bands} me={me.user} rest={rest} route={route} />;
}

function FirstBand({ rest, onMade }: { rest: Rest; onMade: (band: Me["bands"][number]) => void }): ReactNode {
  const [name, setName] = useState("");
  const make = async (): Promise<void> => {
    const band = await rest.createBand(name.trim());
    await rest.createContent(band.id, "repertoire", "Repertoire");
    onMade(band);
    go({ band: band.id });
  };
  return (
    <Plain title="Name your band">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) void make();
        }}
      >
        <input className="box" aria-label="The band's name" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="button is-main" disabled={!name.trim()}>
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
