import { Component, type ReactNode } from "react";

/** What is shown where the page itself fails: what was edited is on the device, and goes out after a reload. */
export class Fallback extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="plain" role="alert">
        <h1>This page has failed</h1>
        <p>What you edited is kept and will be sent.</p>
        <button type="button" className="button is-main" onClick={() => location.reload()}>
          Load it again
        </button>
      </main>
    );
  }
}
