import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Fallback } from "./Fallback";
import { applyTheme } from "./ui";

// A link that is pasted into an open tab changes nothing but the fragment.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) location.reload();
});

applyTheme();
createRoot(document.getElementById("root")!).render(
  <Fallback>
    <App />
  </Fallback>,
);

if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
