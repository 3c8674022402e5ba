/** The first of the page to come: it connects, and asks, while the rest is still on its way over a slow line. */

import { enter } from "./entered";
import { parse } from "./route";
import { identify } from "./session";
import { applyTheme } from "./theme";

// A link that is pasted into an open tab changes nothing but the fragment.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) location.reload();
});

applyTheme();
const identity = identify();
const entered = identity && enter(identity);

const root = document.getElementById("root")!;
import("./show").then(
  ({ show }) => show(root, entered),
  () => root.replaceChildren("The page has not come whole. Load it again."),
);
// Whoever shows it says what fails.
if (entered && parse(location.hash).content) import("./ContentPage").catch(() => undefined);
