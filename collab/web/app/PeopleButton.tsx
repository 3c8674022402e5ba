/** Opens the band's people, which come in a file of their own. */

import { type ReactNode, useState } from "react";
import type { Band, Rest, Role, User } from "../react";
import { part } from "./part";
import { IconButton } from "./ui";

const PeopleDialog = part(async () => (await import("./PeopleDialog")).PeopleDialog);

interface PeopleButtonProps {
  band: Band;
  role: Role;
  me: User;
  rest: Rest;
}

export function PeopleButton(props: PeopleButtonProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton icon="people" label="People" onClick={() => setOpen(true)} />
      {isOpen ? <PeopleDialog {...props} onClose={() => setOpen(false)} waiting={null} /> : null}
    </>
  );
}
