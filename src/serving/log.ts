import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { Configuration } from "../config/schema.ts";
import { logStream } from "./log-stream.ts";

export type Log = Logger;

/** A log and the way to write out what it still holds. */
export interface ProcessLog {
  readonly log: Log;
  flush(): Promise<void>;
}

/**
 * JSON lines on standard error, or on the given stream. What is logged are names, identifiers and decisions; never a pod's
 * body, its environment or its annotations.
 */
export function processLog(level: Configuration["log"]["level"], stream?: DestinationStream): ProcessLog {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (stream !== undefined) return { log: pino(options, stream), flush: async () => {} };
  const standardError = logStream(2);
  return { log: pino(options, standardError), flush: () => standardError.close() };
}
