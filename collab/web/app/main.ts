/** The first of the page to come: it connects, and asks, while the rest is still on its way over a slow line. */

import { finishLeaving } from "./device";
import { enter } from "./entered";
import { isLink, parse } from "./route";
import { identify, takeLink } from "./session";
import { applyTheme } from "./theme";

// A link that is pasted into an open tab changes nothing but the fragment.
addEventListener("hashchange", () => {
  if (isLink(location.hash)) location.reload();
});

applyTheme();
void finishLeaving();
const link = takeLink();
const identity = identify();
const entered = link === null && identity ? enter(identity) : null;

const root = document.getElementById("root")!;
import("./show").then(
  ({ show }) => show(root, entered, link, identity),
  () => root.replaceChildren("The page has not come whole. Load it again."),
);
// Whoever shows it says what fails.
if (entered && parse(location.hash).content) import("./ContentPage").catch(() => undefined);
