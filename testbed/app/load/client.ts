import { setTimeout as sleep } from "node:timers/promises";
import type { ClientOptions } from "./client-options.ts";
import { grpcExchanges } from "./grpc-exchanges.ts";
import { grpcStreamExchanges } from "./grpc-stream-exchanges.ts";
import { httpExchanges } from "./http-exchanges.ts";
import { type LoadReport, Tally } from "./tally.ts";
import { tcpExchanges } from "./tcp-exchanges.ts";

/** How often it is looked whether something is due. */
const TICK_MS = 5;

const KINDS = { http: httpExchanges, grpc: grpcExchanges, "grpc-streams": grpcStreamExchanges, tcp: tcpExchanges };

/**
 * Sends at a constant rate, whether answers come or not: a server that is slow or away does not slow the load, so what
 * it missed is counted. Ends after the time, or when the signal says so, and when the last answer is there.
 */
export async function runClient(options: ClientOptions, signal: AbortSignal): Promise<LoadReport> {
  const now = () => performance.now();
  const tally = new Tally(now);
  const load = KINDS[options.kind](options, tally);
  const underWay = new Set<Promise<void>>();
  const start = now();
  let sent = 0;
  while (!signal.aborted) {
    const elapsed = Math.min((now() - start) / 1_000, options.seconds);
    const due = Math.max(1, Math.floor(elapsed * options.rate));
    for (; sent < due; sent++) {
      const exchange = load.exchange();
      underWay.add(exchange);
      void exchange.then(() => underWay.delete(exchange));
    }
    if (elapsed >= options.seconds) break;
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(underWay);
  load.close();
  return tally.report();
}
