import { member } from "../../model/json.ts";
import { APP_ADDRESS_KEY, APPMESH_PREFIX } from "../../model/names.ts";
import type { PodAnnotations } from "../annotations.ts";
import type { SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { Step, Trace } from "../trace.ts";
import { parseSamplingRate } from "../values.ts";
import { initContainersPlace } from "./init-containers.ts";
import type { NodeIdentity, Seen } from "./seen.ts";
import { sidecarUid } from "./user-id.ts";

const SAMPLING_RATE = "XRAY_SAMPLING_RATE";

/** Settles annotations over configuration into the values that the plan is made from. */
export function settle(
  {
    input,
    annotations: { values: annotations },
    node,
    mesh,
    capture,
  }: Pick<Seen, "input" | "annotations" | "node" | "mesh" | "capture">,
  trace: Trace,
): Step<SidecarSettings> {
  const { configuration } = input;
  const { proxy, tracing, sds } = configuration;
  // without X-Ray the variable means nothing to us and is passed on like any other, as the controller did
  const xray = tracing.provider === "xray";
  const own = xray ? annotations.env.find((entry) => entry.name === SAMPLING_RATE) : undefined;
  const rate = own?.value ?? tracing.samplingRate;
  const samplingRate = parseSamplingRate(rate);
  if (!samplingRate.ok) {
    return trace.deny(
      "environment",
      "bad-annotation",
      `${SAMPLING_RATE} in the pod's sidecarEnv: ${samplingRate.problem}`,
    );
  }
  withoutEffect(input, annotations, node, trace);
  const initContainers = initContainersPlace(input, annotations.initContainers, capture, trace);
  const gateway = node.role.kind === "virtualGateway";
  return {
    found: {
      configuration,
      flavor: configuration.flavor,
      role: node.role,
      mesh,
      clusterDns: input.clusterDns,
      capture,
      initContainers,
      preview: annotations.preview ?? configuration.preview,
      uid: gateway ? proxy.uid : sidecarUid(input, capture, trace),
      requests: {
        cpu: annotations.cpuRequest ?? proxy.requests.cpu,
        memory: annotations.memoryRequest ?? proxy.requests.memory,
      },
      limits: { cpu: annotations.cpuLimit ?? proxy.limits.cpu, memory: annotations.memoryLimit ?? proxy.limits.memory },
      env: gateway ? [] : annotations.env.filter((entry) => configuration.flavor === "aws" || entry !== own),
      secretMounts: gateway ? [] : annotations.secretMounts,
      volumeMounts: gateway ? [] : annotations.volumeMounts,
      sdsSocket: sds.enabled && annotations.sds !== false ? sds.udsPath : undefined,
      xraySamplingRate: samplingRate.value,
      xrayConfigMount: xray ? annotations.xrayConfigMount : undefined,
      keepGatewayImage: gateway && annotations.keepGatewayImage,
      cloudMapGate: !gateway && configuration.cloudMapReadinessGate && node.object?.cloudMap === true,
      stopDelaySeconds: annotations.stopDelaySeconds,
    },
  };
}

/** Annotations that are understood but change nothing on this pod are said, not dropped silently. */
function withoutEffect(input: InjectionInput, annotations: PodAnnotations, node: NodeIdentity, trace: Trace): void {
  const { configuration } = input;
  const say = (name: string, why: string) =>
    trace.warn("without-effect", `annotation ${APPMESH_PREFIX}${name} has no effect: ${why}`);
  const gateway = node.role.kind === "virtualGateway";
  const xray = configuration.tracing.provider === "xray";
  if (annotations.sds === true && !configuration.sds.enabled)
    say("sds", "the configuration does not enable SDS, and a pod cannot");
  if (annotations.xrayConfigMount !== undefined && !xray)
    say("xrayAgentConfigMount", "X-Ray tracing is not configured");
  if (annotations.keepGatewayImage && !gateway)
    say("virtualGatewaySkipImageOverride", "the pod is not a virtual gateway");
  if (annotations.preview === true && configuration.flavor === "envoy") {
    say("preview", "there is no preview channel; the node's metadata carries it");
  }
  if (!gateway) return;
  if (annotations.appAddress !== undefined)
    trace.warn("without-effect", `annotation ${APP_ADDRESS_KEY} has no effect: a virtual gateway stands before no app`);
  const given: readonly [string, boolean][] = [
    ["ports", annotations.ports !== undefined],
    ["egressIgnoredPorts", annotations.egressIgnoredPorts !== undefined],
    ["egressIgnoredIPs", annotations.egressIgnoredIps !== undefined],
    ["appmeshCNI", annotations.cni !== undefined],
    ["ipv6", annotations.ipv6 !== undefined],
    ["secretMounts", annotations.secretMounts.length > 0],
    ["volumeMounts", annotations.volumeMounts.length > 0],
    // both go into one list: which of them was written shows in the pod
    ["sidecarEnv", annotations.env.length > 0 && isWritten(input, "sidecarEnv")],
    ["sidecarEnvJson", annotations.env.length > 0 && isWritten(input, "sidecarEnvJson")],
  ];
  for (const [name, present] of given)
    if (present) say(name, "the pod is a virtual gateway, its container envoy is the user's own");
  if (xray) return;
  for (const name of ["cpuRequest", "memoryRequest", "cpuLimit", "memoryLimit"] as const)
    if (annotations[name] !== undefined) say(name, "a gateway's container sets its own resources");
}

function isWritten({ pod }: InjectionInput, name: string): boolean {
  return member(member(member(pod, "metadata"), "annotations"), `${APPMESH_PREFIX}${name}`) !== undefined;
}
