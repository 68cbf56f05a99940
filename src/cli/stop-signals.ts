import { constants } from "node:os";

/** Asked to end: by a kubelet or a service manager, by a person, by a terminal that was closed. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

/**
 * Calls `stop` at the first signal. A second one ends the process at once, through `process.exit`, so that what is registered
 * for the end (temporary files, the last lines of a log) still happens. Returns what takes the listeners away.
 */
export function onStopSignals(stop: (signal: StopSignal) => void): () => void {
  let isStopping = false;
  const received = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    stop(signal as StopSignal);
  };
  for (const signal of SIGNALS) process.on(signal, received);
  return () => {
    for (const signal of SIGNALS) process.off(signal, received);
  };
}
