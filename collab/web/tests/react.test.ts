/** The hooks render where there is no browser, as a server does for the first page. */

import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { CollabProvider, useBand, useContent, usePresence } from "../react";

function Page(): ReactNode {
  const { band, state } = useBand("b");
  const people = usePresence(band);
  const { content, state: setlist } = useContent("c");
  return `${state.contents.length} contents, ${people.length} people, ${setlist.saving}, ${content.canEdit}`;
}

test("the hooks render on a server", () => {
  const provider = createElement(CollabProvider, { userId: "ada", token: "…", url: "https://band.example" }, createElement(Page));
  expect(renderToString(provider)).toBe("0 contents, 0 people, offline, false");
});
