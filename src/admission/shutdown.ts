import { setTimeout as wait } from "node:timers/promises";
import { ADMISSION_LIMITS } from "./limits.ts";

/** How to stop. `linger`: go on answering until API servers know that we leave. `drain`: only finish what has begun. */
export type Goodbye = "linger" | "drain";

/** What is stopped, and in which order. */
export interface Stoppable {
  /** Readiness off, and every answer asks its client to connect again. */
  readonly retire: () => void;
  /** Stops listening; resolves when every begun call is answered. */
  readonly drain: () => Promise<void>;
  /** Cuts what is left. */
  readonly destroy: () => void;
  /** Everything that is not the listener. */
  readonly release: () => Promise<void>;
}

/** Stops within `seconds`, cutting connections that hold on to the end. */
export async function shutDown(parts: Stoppable, goodbye: Goodbye, seconds: number): Promise<void> {
  const total = seconds * 1000;
  const linger = goodbye === "linger" ? total * ADMISSION_LIMITS.lingerShare : 0;
  parts.retire();
  if (linger > 0) await wait(linger);
  const deadline = setTimeout(parts.destroy, total - linger);
  await parts.drain();
  clearTimeout(deadline);
  await parts.release();
}
