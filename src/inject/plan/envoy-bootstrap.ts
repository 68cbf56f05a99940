import { bootstrap } from "../../bootstrap/bootstrap.ts";
import { bootstrapArgument, expanded, expandedSize } from "../../bootstrap/expansion.ts";
import type { BootstrapSpec, ProbeRoute, Statsd, Tracing } from "../../bootstrap/spec.ts";
import type { JsonObject } from "../../model/json.ts";
import { objectsOf } from "../../model/json.ts";
import { EXPANDED_NAMES, type ExpandedName } from "../../model/names.ts";
import { RecentValues } from "../../model/recent-values.ts";
import type { SidecarSettings } from "../decision.ts";
import type { Step, Trace } from "../trace.ts";
import { xrayPort } from "../xray-port.ts";

/** Linux' MAX_ARG_STRLEN (32 pages) without the final NUL: a longer argument cannot be executed. */
export const LONGEST_ARGUMENT = 131_071;
const HOST_IP_REFERENCE = "ref:status.hostIP";

/** The bootstrap of a pod's Envoy as the container needs it. */
export interface EnvoyBootstrap {
  /** The one argument of `--config-yaml`. */
  readonly argument: string;
  /** What the argument refers to, in the order of the container's environment. */
  readonly variables: readonly ExpandedName[];
}

const CACHE = new RecentValues<EnvoyBootstrap>();

/** The bootstrap of this pod's Envoy, or a denial when it cannot be executed. */
export function envoyBootstrap(
  settings: SidecarSettings,
  probes: readonly ProbeRoute[],
  release: string,
  trace: Trace,
): Step<EnvoyBootstrap> {
  const spec = bootstrapSpec(settings, probes, release);
  const found = CACHE.get(
    JSON.stringify(spec),
    () => rendered(spec),
    (value) => value.argument.length,
  );
  // a character has at most three bytes, and no place grows by more than names of a node and a pod: computed near the limit
  const size = (found.argument.length + 1024) * 3 > LONGEST_ARGUMENT ? expandedSize(found.argument) : 0;
  if (size <= LONGEST_ARGUMENT) return { found };
  return trace.deny(
    "bootstrap-size",
    "bootstrap-too-large",
    `Envoy's configuration takes up to ${size} bytes as an argument, but an argument ends at ${LONGEST_ARGUMENT}; most of it are ${largestParts(bootstrap(spec), probes.length)}: use fewer or shorter probes`,
  );
}

function rendered(spec: BootstrapSpec): EnvoyBootstrap {
  const argument = bootstrapArgument(bootstrap(spec));
  return { argument, variables: EXPANDED_NAMES.filter((name) => refersTo(argument, name)) };
}

/** Whether the kubelet would fill in this name: `$$(NAME)` is the user's text, in which the dollar is doubled. */
function refersTo(argument: string, name: ExpandedName): boolean {
  const reference = `$(${name})`;
  for (let at = argument.indexOf(reference); at >= 0; at = argument.indexOf(reference, at + 1)) {
    let dollars = 0;
    while (argument[at - dollars - 1] === "$") dollars++;
    if (dollars % 2 === 0) return true;
  }
  return false;
}

/** Settings as the bootstrap wants them: addresses resolved, rates as numbers. */
function bootstrapSpec(settings: SidecarSettings, probes: readonly ProbeRoute[], release: string): BootstrapSpec {
  const { proxy, stats } = settings.configuration;
  return {
    node: {
      mesh: settings.mesh.path,
      kind: settings.role.kind,
      name: settings.role.name,
      release,
      preview: settings.preview,
    },
    controlPlane:
      proxy.controlPlane === "none"
        ? { kind: "none" }
        : { kind: "ads", address: proxy.controlPlaneAddress, port: proxy.controlPlanePort },
    clusterDns: settings.clusterDns,
    adminPort: proxy.adminPort,
    ipv6: settings.capture.ipv6,
    probes,
    tracing: tracing(settings),
    statsTags: stats.tags,
    statsd: statsd(settings),
    sdsSocket: settings.sdsSocket,
  };
}

function tracing(settings: SidecarSettings): Tracing {
  const { provider, port, samplingRate } = settings.configuration.tracing;
  const address = addressOf(settings.configuration.tracing.address || "127.0.0.1");
  const common = { address, samplingRate: Number(samplingRate) };
  const serviceName = `envoy-${settings.mesh.name}/${settings.role.name}`;
  switch (provider) {
    case "none":
      return { kind: "none" };
    case "xray":
      return {
        kind: "xray",
        address: "127.0.0.1",
        port: xrayPort(settings),
        samplingRate: Number(settings.xraySamplingRate),
        segmentName: `${settings.mesh.name}/${settings.role.name}`,
      };
    case "jaeger":
      return {
        kind: "jaeger",
        ...common,
        address: withDefault(settings, "appmesh-jaeger.appmesh-system"),
        port: port || 9411,
      };
    case "datadog":
      return {
        kind: "datadog",
        ...common,
        address: withDefault(settings, "datadog.appmesh-system"),
        port: port || 8126,
        serviceName,
      };
    case "otel":
      return { kind: "otel", ...common, port: port || 4317, serviceName };
  }
}

/** The tracer's address: configured, else the name that both AWS programs assumed for it. */
function withDefault(settings: SidecarSettings, name: string): string {
  return addressOf(settings.configuration.tracing.address || name);
}

function statsd(settings: SidecarSettings): Statsd | undefined {
  const { stats } = settings.configuration;
  if (!stats.statsd) return undefined;
  if (stats.statsdSocketPath.trim() !== "") return { kind: "socket", path: stats.statsdSocketPath.trim() };
  return { kind: "address", address: addressOf(stats.statsdAddress), port: stats.statsdPort };
}

/** `ref:status.hostIP` is the node's address, for agents that run as DaemonSets; for every address, not just two (bug C22). */
function addressOf(address: string): string {
  return address === HOST_IP_REFERENCE ? expanded("OUTRIGGER_HOST_IP") : address;
}

function largestParts(document: JsonObject, probes: number): string {
  const resources = document["static_resources"] as JsonObject;
  const size = (key: string) => JSON.stringify(objectsOf(resources[key])).length;
  return `${size("clusters")} bytes of clusters and ${size("listeners")} bytes of listeners for ${probes} rewritten probes`;
}
