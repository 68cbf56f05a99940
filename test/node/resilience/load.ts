import { runClient } from "../../../testbed/app/load/client.ts";
import type { LoadKind } from "../../../testbed/app/load/client-options.ts";
import type { LoadReport } from "../../../testbed/app/load/tally.ts";

/** A load that goes on until it is stopped. */
export interface RunningLoad {
  /** Ends it when the last answer is there, and says what became of it. */
  readonly stop: () => Promise<LoadReport>;
}

export interface LoadShape {
  /** Exchanges a second, over all connections. */
  readonly rate: number;
  readonly connections: number;
  /** Milliseconds after which an answer counts as lost; absent: {@link ANSWER_MS}. */
  readonly timeout?: number;
}

/** Longer than any test: a load ends when it is told to. */
export const ENDLESS_SECONDS = 3_600;
/** An answer that takes longer counts as lost; a busy machine has no request wait so long. */
export const ANSWER_MS = 20_000;

/** A load of connections that are kept, sent by this process: straight from the node, through no sidecar of its own. */
export function startLoad(
  kind: LoadKind,
  url: string,
  { rate, connections, timeout = ANSWER_MS }: LoadShape,
): RunningLoad {
  const stopped = new AbortController();
  const report = runClient(
    { kind, url: new URL(url), rate, connections, seconds: ENDLESS_SECONDS, timeout, output: "json" },
    stopped.signal,
  );
  return {
    stop() {
      stopped.abort();
      return report;
    },
  };
}

/**
 * The same with connections that live no longer than `seconds`: what clients do that are told to, or that connect for each piece
 * of work. The reports of all rounds, added up: how many exchanges there were and how each that failed did.
 */
export function startShortLivedLoad(
  kind: LoadKind,
  url: string,
  { rate, connections, seconds }: LoadShape & { readonly seconds: number },
): { readonly stop: () => Promise<Pick<LoadReport, "sent" | "failed" | "failures">> } {
  const stopped = new AbortController();
  const options = { kind, url: new URL(url), rate, connections, seconds, timeout: ANSWER_MS, output: "json" } as const;
  const all = (async () => {
    let [sent, failed] = [0, 0];
    const failures: Record<string, number> = {};
    while (!stopped.signal.aborted) {
      const round = await runClient(options, stopped.signal);
      sent += round.sent;
      failed += round.failed;
      for (const [how, count] of Object.entries(round.failures)) failures[how] = (failures[how] ?? 0) + count;
    }
    return { sent, failed, failures };
  })();
  return {
    stop() {
      stopped.abort();
      return all;
    },
  };
}
