import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DiscoveryView, TargetListenerView } from "../../graph/view.ts";
import { seconds } from "../encode/typed.ts";
import type { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { HealthCheckSchema } from "../generated/envoy/config/core/v3/health_check_pb.js";
import { CodecClientType } from "../generated/envoy/type/v3/http_pb.js";

type CheckInit = MessageInitShape<typeof HealthCheckSchema>;
type Written = NonNullable<TargetListenerView["healthCheck"]>;

/**
 * How each caller finds out which endpoints of a listener are well. An endpoint that nobody calls is checked as often as others (Envoy's own:
 * once a minute); one that is taken away goes at once, and not when it fails.
 */
export function healthChecks(
  { healthCheck, port }: TargetListenerView,
  discovery: DiscoveryView,
): Pick<MessageInitShape<typeof ClusterSchema>, "healthChecks" | "ignoreHealthOnHostRemoval"> {
  if (healthCheck === undefined) return {};
  const { intervalMillis, timeoutMillis, healthyThreshold, unhealthyThreshold } = healthCheck;
  const interval = seconds(intervalMillis / 1000);
  const check: CheckInit = {
    timeout: seconds(timeoutMillis / 1000),
    interval,
    noTrafficInterval: interval,
    healthyThreshold,
    unhealthyThreshold,
    healthChecker: checker(healthCheck, `${hostOf(discovery)}:${healthCheck.port ?? port}`),
  };
  return { healthChecks: [check], ignoreHealthOnHostRemoval: true };
}

/** Port that is checked in place of the endpoint's own; undefined: its own, which with EndpointSlices need not be the listener's. */
export function checkedPort({ healthCheck, port }: TargetListenerView): number | undefined {
  return healthCheck?.port === port ? undefined : healthCheck?.port;
}

function checker({ protocol, path = "" }: Written, host: string): NonNullable<CheckInit["healthChecker"]> {
  switch (protocol) {
    case "http":
    case "http2": {
      const codecClientType = protocol === "http" ? CodecClientType.HTTP1 : CodecClientType.HTTP2;
      return { case: "httpHealthCheck", value: { host, path: path === "" ? "/" : path, codecClientType } };
    }
    case "grpc":
      return { case: "grpcHealthCheck", value: { authority: host } };
    case "tcp":
      return { case: "tcpHealthCheck", value: {} };
  }
}

/** As clients call it. Envoy would send the name of the cluster, whose underscores some apps refuse in a host. */
function hostOf(discovery: DiscoveryView): string {
  switch (discovery.kind) {
    case "dns":
      return discovery.hostname.replace(/\.$/, "");
    case "cloudMap":
      return `${discovery.instances.serviceName}.${discovery.instances.namespaceName}`;
    case "static":
    case "none":
      return "localhost";
  }
}
