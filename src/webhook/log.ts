import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";
import type { Configuration } from "../config/schema.ts";

export type Log = Logger;

/** A log and the way to write out what it still holds. */
export interface WebhookLog {
  readonly log: Log;
  flush(): void;
}

/** Lines are collected up to this size, or for {@link FLUSH_INTERVAL}: a write for every call would cost a tenth of it. */
const COLLECT_BYTES = 4096;
const FLUSH_INTERVAL = 250;

/**
 * JSON lines on standard error, or on the given stream. What is logged are names, identifiers and decisions; never a pod's
 * body, its environment or its annotations.
 */
export function webhookLog(level: Configuration["log"]["level"], stream?: DestinationStream): WebhookLog {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (stream !== undefined) return { log: pino(options, stream), flush: () => {} };
  const standardError = destination({ dest: 2, sync: false, minLength: COLLECT_BYTES });
  const timer = setInterval(() => standardError.flush(), FLUSH_INTERVAL).unref();
  return {
    log: pino(options, standardError),
    flush() {
      clearInterval(timer);
      standardError.flushSync();
    },
  };
}
