import type { JsonObject } from "../model/json.ts";
import { tcpAddress } from "./address.ts";
import { KEEP_CASE } from "./as-received.ts";
import { httpOptions, protocolOptions, staticCluster } from "./clusters.ts";
import { expanded } from "./expansion.ts";
import { HTTP2_LIMITS, IDLE_SECONDS, PROBE_ANSWER_LIMITS } from "./limits.ts";
import { probeTarget } from "./probe-target.ts";
import { exactly } from "./route-match.ts";
import type { ProbeCheck, ProbeRoute } from "./spec.ts";
import { duration, typed } from "./typed.ts";

type HttpCheck = Extract<ProbeCheck, { kind: "http" }>;
type HttpProbe = ProbeRoute & { readonly check: HttpCheck };

/**
 * The route of an HTTP probe: to the app at the pod's own address, as the kubelet would have asked. Nothing is retried;
 * an app that cannot be reached gives 503, one that takes too long 504. What the listener does for all of them, headers and the
 * refusal of other methods than GET, stands at its virtual host.
 */
export function httpProbeRoute({ path, timeoutSeconds, check }: HttpProbe): JsonObject {
  return {
    match: exactly(path),
    route: {
      cluster: clusterName(check),
      timeout: duration(timeoutSeconds),
      // the listener's would end a probe that may take longer
      ...(timeoutSeconds >= IDLE_SECONDS && { idle_timeout: duration(timeoutSeconds + IDLE_SECONDS) }),
      prefix_rewrite: probeTarget(check.path),
      ...(!check.ownHost && { host_rewrite: hostAsFromKubelet(check.port) }),
    },
  };
}

/** The clusters of HTTP probes: one for each port and scheme, which all probes of that port share. */
export function httpProbeClusters(probes: readonly HttpProbe[]): JsonObject[] {
  const shared = new Map<string, { readonly check: HttpCheck; readonly patience: number }>();
  for (const { check, timeoutSeconds } of probes) {
    const name = clusterName(check);
    shared.set(name, { check, patience: Math.max(shared.get(name)?.patience ?? 0, timeoutSeconds) });
  }
  return [...shared.values()].map(({ check, patience }) => httpProbeCluster(check, patience));
}

export function isHttpProbe(probe: ProbeRoute): probe is HttpProbe {
  return probe.check.kind === "http";
}

function clusterName({ tls, port }: HttpCheck): string {
  return `outrigger_probe_${tls ? "https" : "http"}_${port}`;
}

/** Each probe makes a connection of its own, as the kubelet's does: an app that accepts no new ones is not well. */
const ONE_REQUEST = { common_http_protocol_options: { max_requests_per_connection: 1, ...PROBE_ANSWER_LIMITS } };

function httpProbeCluster(check: HttpCheck, patienceSeconds: number): JsonObject {
  return staticCluster({
    name: clusterName(check),
    address: tcpAddress(expanded("OUTRIGGER_POD_IP"), check.port),
    connectTimeout: duration(patienceSeconds),
    extra: check.tls
      ? {
          // like the kubelet's client: HTTP/2 where the app offers it in ALPN, else HTTP/1.1
          ...protocolOptions({
            auto_config: { http_protocol_options: KEEP_CASE, http2_protocol_options: HTTP2_LIMITS },
            ...ONE_REQUEST,
          }),
          transport_socket: unverifiedTls(),
        }
      : httpOptions("http1", KEEP_CASE, ONE_REQUEST),
  });
}

/** The kubelet checks no certificate and, talking to an address, sends no server name. */
function unverifiedTls(): JsonObject {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      max_session_keys: 0,
    }),
  };
}

/** `<pod IP>:<port>`, an IPv6 address in brackets. Which it is shows in the pod only, so Envoy decides by the text. */
function hostAsFromKubelet(port: number): string {
  const ip = expanded("OUTRIGGER_POD_IP");
  return `%CEL('${ip}'.contains(':') ? '[${ip}]:${port}' : '${ip}:${port}')%`;
}
