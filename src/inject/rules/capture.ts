import type { NodeFacts } from "../../model/mesh-objects.ts";
import { APPMESH_PREFIX } from "../../model/names.ts";
import type { PodAnnotations } from "../annotations.ts";
import type { Capture, PortRange } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { type PodView, runningContainers } from "../pod.ts";
import type { Ended, Step, Trace } from "../trace.ts";
import { captureProgram } from "./capture-program.ts";
import type { Seen } from "./seen.ts";

const FARGATE_LABEL = "eks.amazonaws.com/fargate-profile";
/** The CNI plugin applies the first fifteen ports and silently leaves the others (injector.md §6.6). */
const CNI_PORT_LIMIT = 15;
/** One multiport rule of iptables holds fifteen ports, a range counting as two (iptables-extensions(8)). */
const AWS_PORT_LIMIT = 15;

/** How and for what the pod's traffic is redirected. Gateways receive traffic on their own listeners: nothing is captured. */
export function findCapture(
  { input, pod, annotations: { values: annotations }, node }: Pick<Seen, "input" | "pod" | "annotations" | "node">,
  trace: Trace,
): Step<Capture> {
  const { capture } = input.configuration;
  if (node.role.kind === "virtualGateway") {
    trace.set("capture", "a gateway's traffic is not redirected");
    return { found: { mode: "none", ports: [], ignoredPorts: [], ignoredIps: [], ipv6: capture.ipv6 } };
  }
  const mode = captureMode(input, pod, annotations, trace);
  const found: Capture = {
    mode,
    ports: inboundPorts(pod, annotations, node.object, trace),
    ignoredPorts: annotations.egressIgnoredPorts ?? capture.ignoredPorts.map((port) => ({ first: port, last: port })),
    ignoredIps: annotations.egressIgnoredIps ?? capture.ignoredIps,
    ipv6: annotations.ipv6 ?? capture.ipv6,
  };
  const ended =
    mode === "cni" ? forPlugin(found, annotations, trace) : forProgram(captureProgram(capture), found, trace);
  return ended ?? { found };
}

function captureMode(input: InjectionInput, pod: PodView, annotations: PodAnnotations, trace: Trace): "init" | "cni" {
  const rule = "capture";
  if (annotations.cni !== undefined) {
    trace.set(
      rule,
      `annotation ${APPMESH_PREFIX}appmeshCNI chooses ${annotations.cni ? "the CNI plugin" : "the init container"}`,
    );
    return annotations.cni ? "cni" : "init";
  }
  if (pod.labels[FARGATE_LABEL]) {
    trace.set(rule, `label ${FARGATE_LABEL} chooses the CNI plugin`);
    return "cni";
  }
  trace.set(rule, `configured: ${input.configuration.capture.mode}`);
  return input.configuration.capture.mode;
}

/** Annotation, else the node's listeners, else the declared TCP ports; none: outgoing traffic only, with a warning. */
function inboundPorts(
  pod: PodView,
  annotations: PodAnnotations,
  node: NodeFacts | undefined,
  trace: Trace,
): readonly PortRange[] {
  const rule = "ports";
  if (annotations.ports !== undefined) {
    trace.set(rule, `annotation ${APPMESH_PREFIX}ports: ${formatPorts(annotations.ports) || "none"}`);
    return annotations.ports;
  }
  if (node !== undefined && node.listenerPorts.length > 0) {
    const ports = singlePorts(node.listenerPorts);
    trace.set(rule, `listeners of VirtualNode ${node.name}: ${formatPorts(ports)}`);
    return ports;
  }
  const declared = singlePorts(
    runningContainers(pod).flatMap((container) =>
      container.ports.filter((port) => port.protocol === "TCP").map((port) => port.port),
    ),
  );
  if (declared.length === 0) {
    trace.warn(
      rule,
      `no inbound port goes through Envoy: the pod declares no TCP containerPort; declare them or set the annotation ${APPMESH_PREFIX}ports`,
    );
  } else {
    trace.set(rule, `declared TCP container ports: ${formatPorts(declared)}`);
  }
  return declared;
}

/** What the App Mesh CNI plugin would refuse or leave out is said before it happens. */
function forPlugin(capture: Capture, annotations: PodAnnotations, trace: Trace): Ended | undefined {
  const rule = "cni-plugin";
  const range = [...capture.ports, ...capture.ignoredPorts].find((ports) => ports.first !== ports.last);
  if (range !== undefined) {
    return trace.deny(
      rule,
      "bad-annotation",
      `the CNI plugin takes single ports only, but ${formatPorts([range])} is a range; list the ports one by one, or set ${APPMESH_PREFIX}appmeshCNI to disabled`,
    );
  }
  for (const [what, ports] of [
    ["inbound ports", capture.ports],
    ["ignored egress ports", capture.ignoredPorts],
  ] as const) {
    if (ports.length > CNI_PORT_LIMIT)
      trace.warn(rule, `the CNI plugin uses only the first ${CNI_PORT_LIMIT} of ${ports.length} ${what}`);
  }
  if (annotations.ipv6 !== undefined)
    trace.warn(rule, `${APPMESH_PREFIX}ipv6 has no effect with the CNI plugin: it is not told`);
  return undefined;
}

/** AWS's program fails at its inbound rule when there are more ports than it holds, and the pod never starts (bug C20). */
function forProgram(program: "outrigger" | "aws", { ports }: Capture, trace: Trace): Ended | undefined {
  const count = ports.reduce((sum, range) => sum + (range.first === range.last ? 1 : 2), 0);
  if (program === "outrigger" || count <= AWS_PORT_LIMIT) return undefined;
  return trace.deny(
    "capture-program",
    "too-many-ports",
    `${count} inbound ports, of which a range counts two, but AWS's capture program takes at most ${AWS_PORT_LIMIT}; list fewer in the annotation ${APPMESH_PREFIX}ports, or leave capture.image to its default`,
  );
}

/** `80,443,8000:8010`, the form that proxyinit and the CNI plugin read. */
export function formatPorts(ports: readonly PortRange[]): string {
  return ports
    .map((range) => (range.first === range.last ? String(range.first) : `${range.first}:${range.last}`))
    .join(",");
}

/** Whether inbound connections to this port are redirected to Envoy. */
export function isCaptured(capture: Capture, port: number): boolean {
  return capture.ports.some((range) => port >= range.first && port <= range.last);
}

function singlePorts(ports: readonly number[]): readonly PortRange[] {
  return [...new Set(ports)].map((port) => ({ first: port, last: port }));
}
