import { createRoot } from "react-dom/client";
import { App } from "./App";
import { applyTheme } from "./ui";

applyTheme();
createRoot(document.getElementById("root")!).render(<App />);

if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
