/** Who is in no band yet names one; where a host keeps the bands, it says who is in which. */

import type { ReactNode } from "react";
import type { Band, Rest } from "../react";
import { makeBand } from "./bands";
import { NameForm } from "./NameForm";
import { Plain } from "./Plain";
import { useFailed } from "./toasts";

interface FirstBandProps {
  rest: Rest;
  mayMake: boolean;
  onMade: (band: Band) => void;
}

export function FirstBand({ rest, mayMake, onMade }: FirstBandProps): ReactNode {
  const failed = useFailed();
  if (!mayMake) {
    return (
      <Plain title="You are in no band yet">
        <p>Who keeps your band lets you in.</p>
      </Plain>
    );
  }
  return (
    <Plain title="Name your band">
      <NameForm label="The band's name" action="Begin" onName={(name) => makeBand(rest, name).then(onMade, failed)} />
    </Plain>
  );
}
