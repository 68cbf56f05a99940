import { APPMESH_PREFIX, ENVOY_CONTAINER, PORTS, XRAY_CONTAINER } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import { describeContainer, findContainer, type PodView } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import { xrayPort } from "../xray-port.ts";
import { formatPorts } from "./capture.ts";
import type { Seen } from "./seen.ts";

/** Containers of a pod share its ports, and what is captured must not be the sidecar's own. */
export function sidecarPorts(
  { pod, settings, annotations, node }: Pick<Seen, "pod" | "settings" | "annotations" | "node">,
  trace: Trace,
): Ended | undefined {
  const rule = "sidecar-ports";
  const { adminPort } = settings.configuration.proxy;
  const ours = new Map<number, string>([[adminPort, "Envoy's admin interface"]]);
  if (settings.flavor === "envoy") ours.set(PORTS.status, "the sidecar's status listener");
  if (settings.capture.mode !== "none") {
    ours.set(PORTS.inbound, "the sidecar's inbound listener");
    ours.set(PORTS.outbound, "the sidecar's outbound listener");
  }
  const udp = udpPorts(pod, settings);
  for (const container of [...pod.initContainers.filter((entry) => entry.restartable), ...pod.containers]) {
    if (settings.role.kind === "virtualGateway" && container.name === ENVOY_CONTAINER) continue;
    const taken = container.ports.find((port) =>
      port.protocol === "TCP" ? ours.has(port.port) : port.protocol === "UDP" && udp.has(port.port),
    );
    if (taken !== undefined) {
      return trace.deny(
        rule,
        "port-taken",
        `${describeContainer(container)} declares port ${taken.port}, which ${(taken.protocol === "UDP" ? udp : ours).get(taken.port)} needs in the same pod; let the container use another port`,
      );
    }
  }
  const own = [...ours.keys()].find((port) =>
    settings.capture.ports.some((range) => port >= range.first && port <= range.last),
  );
  if (own !== undefined) {
    return trace.deny(
      rule,
      "port-taken",
      `the captured ports ${formatPorts(settings.capture.ports)} include ${own}, which ${ours.get(own)} needs; ${wayOut(annotations, node)}`,
    );
  }
  return trace.pass(rule, `ports ${[...ours.keys()].join(", ")} are free`);
}

/** What is to be changed for another list of captured ports. Ports that containers declare were looked at before. */
function wayOut({ values }: Seen["annotations"], { object }: Seen["node"]): string {
  if (values.ports !== undefined || object === undefined)
    return `leave it out of the annotation ${APPMESH_PREFIX}ports`;
  const { namespace, name } = object;
  return `it is a listener of VirtualNode ${namespace}/${name}, so let the app and the listener use another port`;
}

/** The sidecar's UDP ports. A pod that brings its own X-Ray daemon arranges that port itself. */
function udpPorts(pod: PodView, settings: SidecarSettings): ReadonlyMap<number, string> {
  const { stats, tracing } = settings.configuration;
  const daemon = findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER);
  const taken = new Map<number, string>();
  // Envoy sends statistics to a host name through a relay of its own (docs/decisions/0004-bootstrap.md)
  if (settings.flavor === "envoy" && stats.statsd) taken.set(PORTS.status, "Envoy's statsd relay");
  if (tracing.provider === "xray" && daemon === undefined) taken.set(xrayPort(settings), "the X-Ray daemon");
  return taken;
}
