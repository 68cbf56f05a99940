import type { Log } from "../../serving/log.ts";
import type { StreamEnd, XdsEvents } from "../../xds/serve/application.ts";
import { type ClosingReason, STATUS_OF } from "../../xds/serve/stream-closed.ts";
import type { ControlPlaneMetrics } from "../metrics.ts";

/** Ends that belong to an ordinary day. */
const ORDINARY: ReadonlySet<ClosingReason> = new Set(["client-ended", "connection-lost", "aged", "shutdown"]);

/** Counts what happens on streams, and says what somebody may want to know. Never a token. */
export function streamEvents(log: Log, metrics: ControlPlaneMetrics): XdsEvents {
  return {
    opened(caller, protocol) {
      metrics.opened(protocol);
      log.debug({ pod: caller.name, protocol }, "stream begun");
    },
    closed(end) {
      const { code } = end.why;
      metrics.closed(code);
      const fields = shown(end);
      if (code === "internal-error") log.error(fields, "stream ended by a fault of the control plane");
      else if (ORDINARY.has(code)) log.debug(fields, "stream ended");
      else log.warn(fields, end.seconds === 0 ? "stream refused" : "stream ended by the control plane");
    },
    received(caller, type, receipt) {
      metrics.received(type, receipt.kind);
      if (receipt.kind !== "nack") return;
      log.warn({ pod: caller.name, type, problem: receipt.message }, "the proxy refuses its configuration");
    },
    judged(caller, { problem, resource, type }) {
      const { name, origins } = resource;
      const fields = { pod: caller.name, type, name, origins, problem };
      if (problem === undefined) log.info(fields, "the proxy no longer rejects a resource");
      else log.warn(fields, "the proxy rejects a resource: the last version that it accepted stays");
    },
    sent: (bytes) => metrics.sent(bytes),
    refreshFailed(caller, error) {
      metrics.refreshFailed();
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ pod: caller.name, problem }, "a change could not be brought to a proxy: it keeps what it has");
    },
    handshakeFailed(error) {
      metrics.tlsError();
      log.debug({ code: (error as NodeJS.ErrnoException).code }, "TLS handshake failed");
    },
  };
}

function shown({ caller, peer, seconds, why }: StreamEnd): object {
  const cause = why.cause instanceof Error ? { cause: why.cause.message } : {};
  return {
    pod: caller?.name,
    peer,
    reason: why.code,
    status: STATUS_OF[why.code],
    problem: why.message,
    ...cause,
    seconds: Math.round(seconds),
  };
}
