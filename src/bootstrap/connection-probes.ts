import { createHash } from "node:crypto";
import type { JsonObject } from "../model/json.ts";
import { tcpAddress } from "./address.ts";
import { httpOptions, staticCluster } from "./clusters.ts";
import { expanded } from "./expansion.ts";
import { exactGetHeaders } from "./route-match.ts";
import type { ProbeCheck, ProbeRoute } from "./spec.ts";
import { duration, typed } from "./typed.ts";

type ConnectionCheck = Exclude<ProbeCheck, { kind: "http" }>;
type ConnectionProbe = ProbeRoute & { readonly check: ConnectionCheck };

/** Seconds between two checks of the app: what a probe hears is at most this old. */
const INTERVAL_SECONDS = 1;

/**
 * The filter that answers a TCP or gRPC probe out of an active health check: 200 while the last check succeeded, 503
 * otherwise and before the first one. A TCP probe against a capturing proxy would always succeed.
 */
export function connectionProbeFilter(probe: ConnectionProbe): JsonObject {
  return {
    name: "envoy.filters.http.health_check",
    typed_config: typed("envoy.extensions.filters.http.health_check.v3.HealthCheck", {
      pass_through_mode: false,
      headers: exactGetHeaders(probe.path),
      cluster_min_healthy_percentages: { [clusterName(probe)]: { value: 100 } },
    }),
  };
}

/** The health-checked clusters; probes that ask the same share one. */
export function connectionProbeClusters(probes: readonly ConnectionProbe[]): JsonObject[] {
  const distinct = new Map(probes.map((probe) => [clusterName(probe), probe]));
  return [...distinct.values()].map(connectionProbeCluster);
}

export function isConnectionProbe(probe: ProbeRoute): probe is ConnectionProbe {
  return probe.check.kind !== "http";
}

/** A service's name is a pod's own text, which must not become part of a statistic's name: a digest stands for it. */
function clusterName({ check, timeoutSeconds }: ConnectionProbe): string {
  const name = `outrigger_probe_${check.kind}_${check.port}_${timeoutSeconds}s`;
  return check.kind === "grpc" && check.service !== "" ? `${name}_${digest(check.service)}` : name;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function connectionProbeCluster(probe: ConnectionProbe): JsonObject {
  const { check, timeoutSeconds } = probe;
  return staticCluster({
    name: clusterName(probe),
    address: tcpAddress(expanded("OUTRIGGER_POD_IP"), check.port),
    connectTimeout: duration(timeoutSeconds),
    extra: {
      ...(check.kind === "grpc" && httpOptions("http2")),
      health_checks: [
        {
          timeout: duration(timeoutSeconds),
          interval: duration(INTERVAL_SECONDS),
          // the cluster has no other traffic: without these Envoy checks it once a minute
          no_traffic_interval: duration(INTERVAL_SECONDS),
          no_traffic_healthy_interval: duration(INTERVAL_SECONDS),
          // the kubelet has thresholds of its own
          healthy_threshold: 1,
          unhealthy_threshold: 1,
          // like the kubelet: every check is a connection of its own
          reuse_connection: false,
          ...healthCheck(check),
        },
      ],
    },
  });
}

/** TCP: connecting is enough. gRPC: `grpc.health.v1.Health/Check` must answer SERVING, asked as `<pod IP>:<port>`. */
function healthCheck(check: ConnectionCheck): JsonObject {
  switch (check.kind) {
    case "tcp":
      return { tcp_health_check: {} };
    case "grpc":
      return {
        grpc_health_check: {
          ...(check.service !== "" && { service_name: check.service }),
          authority: `${expanded("OUTRIGGER_POD_IP")}:${check.port}`,
        },
      };
  }
}
