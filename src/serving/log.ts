import { type DestinationStream, pino, stdTimeFunctions } from "pino";
import type { Configuration } from "../config/schema.ts";
import { logStream } from "./log-stream.ts";

/** Where a part says what it does: names, identifiers and decisions as fields, and a sentence. Pino's loggers fit. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

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
