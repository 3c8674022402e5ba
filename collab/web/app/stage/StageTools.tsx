/** How one device shows the stage: the size of its letters, chords or none, light or dark, and the tempo as a flash. */

import { type ReactNode, useId } from "react";
import { usePlayer } from "../player";

const STEP = 0.15;
const [SMALLEST, LARGEST] = [0.55, 2.5];

export function StageTools(): ReactNode {
  const [{ size, hasChords, isStageLight, hasFlash }, change] = usePlayer();
  const panel = useId();
  const grow = (by: number): void => change({ size: Math.min(LARGEST, Math.max(SMALLEST, size + by)) });
  return (
    <>
      <button type="button" className="button is-small" popoverTarget={panel} aria-label="How it looks here">
        Aa
      </button>
      <div id={panel} className="people stage-tools" popover="auto" role="group" aria-label="How it looks here">
        <button type="button" className="button is-small" aria-label="Smaller letters" onClick={() => grow(-STEP)}>
          A−
        </button>
        <button type="button" className="button is-small" aria-label="Larger letters" onClick={() => grow(STEP)}>
          A+
        </button>
        <button type="button" className="button is-small" aria-pressed={hasChords} onClick={() => change({ hasChords: !hasChords })}>
          Chords
        </button>
        <button type="button" className="button is-small" aria-pressed={isStageLight} onClick={() => change({ isStageLight: !isStageLight })}>
          Light
        </button>
        <button type="button" className="button is-small" aria-pressed={hasFlash} onClick={() => change({ hasFlash: !hasFlash })}>
          Flash the tempo
        </button>
      </div>
    </>
  );
}
