import { posix } from "node:path";
import { member, numberOf, stringOf } from "../../model/json.ts";
import {
  APPMESH_PREFIX,
  CAPTURE_CONTAINER,
  ENVOY_CONTAINER,
  EXPANDED_NAMES,
  IDENTITY_PATH,
  IDENTITY_VOLUME,
  INIT_CONTAINERS_KEY,
  PORTS,
  XRAY_CONTAINER,
} from "../../model/names.ts";
import type { MountEntry, SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { hasIdentity } from "../plan/envoy-container.ts";
import { isSdsVolume, SDS_VOLUME, secretVolumeName } from "../plan/mounts.ts";
import { gracePeriodSeconds } from "../plan/pre-stop.ts";
import { xrayPort } from "../plan/xray-container.ts";
import { describeContainer, findContainer, type PodView } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";
import { formatPorts } from "./capture.ts";
import { connectionWaiter } from "./connection-waiter.ts";

type Check = (input: InjectionInput, pod: PodView, settings: SidecarSettings, trace: Trace) => Ending | undefined;

const containerNames: Check = (_input, pod, settings, trace) => {
  const rule = "container-names";
  const all = [...pod.initContainers, ...pod.containers];
  const envoy = findContainer(all, ENVOY_CONTAINER);
  if (settings.role.kind === "virtualGateway") return gatewayContainer(pod, settings, trace, rule);
  const taken = envoy ?? (settings.capture.mode === "init" ? findContainer(all, CAPTURE_CONTAINER) : undefined);
  if (taken === undefined) return trace.pass(rule, "no container has one of our names");
  const image = stringOf(member(taken.raw, "image")) ?? "";
  const old = /aws-appmesh|appmesh/.test(image) ? ", left by an AWS injector: remove it from the pod template" : "";
  return trace.deny(
    rule,
    "container-name-taken",
    `${describeContainer(taken)} has the name of a container that the sidecar needs${old}; rename or remove it, or switch injection off with the annotation ${APPMESH_PREFIX}sidecarInjectorWebhook: disabled`,
  );
};

function gatewayContainer(pod: PodView, settings: SidecarSettings, trace: Trace, rule: string): Ending | undefined {
  const container = findContainer(pod.containers, ENVOY_CONTAINER);
  if (container === undefined) {
    return trace.deny(
      rule,
      "gateway-without-envoy",
      `the pod is virtual gateway ${settings.role.name}, but none of its containers is named ${ENVOY_CONTAINER}: name the one that is to run the gateway so, its image is filled in`,
    );
  }
  if (settings.flavor === "aws") return trace.pass(rule, `${describeContainer(container)} is filled in`);
  const own = ["command", "args"].find((key) => member(container.raw, key) !== undefined);
  if (own === undefined) return trace.pass(rule, `${describeContainer(container)} is filled in`);
  return trace.deny(
    rule,
    "gateway-with-command",
    `${describeContainer(container)} sets ${own}, but the gateway's Envoy gets its configuration as arguments: remove ${own}, or use the aws flavor`,
  );
}

const volumeNames: Check = (_input, pod, settings, trace) => {
  const rule = "volume-names";
  const ours = [
    ...(hasIdentity(settings) ? [IDENTITY_VOLUME] : []),
    ...settings.secretMounts.map((mount) => secretVolumeName(mount.name)),
    ...(settings.sdsSocket === undefined ? [] : [SDS_VOLUME]),
  ];
  const taken = pod.volumes.find(
    (volume) => ours.includes(stringOf(member(volume, "name")) ?? "") && !isSdsVolume(volume, settings.sdsSocket),
  );
  if (taken === undefined) return trace.pass(rule, "no volume has one of our names");
  const name = stringOf(member(taken, "name"));
  return trace.deny(
    rule,
    "volume-name-taken",
    `spec.volumes already holds a volume named ${name}, which the sidecar needs; rename it`,
  );
};

const mountedVolumes: Check = (_input, pod, settings, trace) => {
  const rule = "volume-mounts";
  const names = pod.volumes.map((volume) => stringOf(member(volume, "name")) ?? "");
  const wanted = [
    ...settings.volumeMounts.map((mount) => ({ mount, key: "volumeMounts" })),
    ...daemonMount(pod, settings, trace).map((mount) => ({ mount, key: "xrayAgentConfigMount" })),
  ];
  const missing = wanted.find(({ mount }) => !names.includes(mount.name));
  if (missing !== undefined) {
    return trace.deny(
      rule,
      "missing-volume",
      `annotation ${APPMESH_PREFIX}${missing.key} mounts volume ${missing.mount.name}, but the pod has ${listed(names)}; add the volume or correct the annotation`,
    );
  }
  const paths = [...settings.secretMounts, ...settings.volumeMounts].map((mount) => canonicalPath(mount.path));
  const own = [...(hasIdentity(settings) ? [IDENTITY_PATH] : []), ...(settings.sdsSocket ? [settings.sdsSocket] : [])];
  const needed = paths.find((path) => own.includes(path));
  if (needed !== undefined) {
    return trace.deny(
      rule,
      "bad-annotation",
      `${APPMESH_PREFIX}secretMounts or ${APPMESH_PREFIX}volumeMounts uses the path ${needed}, where the sidecar mounts a volume of its own; use another path`,
    );
  }
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) {
    return trace.deny(
      rule,
      "bad-annotation",
      `${APPMESH_PREFIX}secretMounts and ${APPMESH_PREFIX}volumeMounts both use the path ${twice}; every path can be used once`,
    );
  }
  return wanted.length === 0 ? undefined : trace.pass(rule, "every mounted volume exists");
};

/** The X-Ray daemon's configuration file; a pod that brings its own daemon mounts what that one needs. */
function daemonMount(pod: PodView, settings: SidecarSettings, trace: Trace): readonly MountEntry[] {
  if (settings.xrayConfigMount === undefined) return [];
  if (findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER) === undefined) {
    return [settings.xrayConfigMount];
  }
  trace.warn(
    "volume-mounts",
    `annotation ${APPMESH_PREFIX}xrayAgentConfigMount has no effect: the pod has a container ${XRAY_CONTAINER} of its own`,
  );
  return [];
}

/** The path as the container runtime sees it: `/var/run/x/` is `/var/run/x`. */
function canonicalPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, "");
}

/** Volumes that a message names; a pod may have thousands. */
const NAMED_VOLUMES = 16;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "no volumes";
  const more = names.length > NAMED_VOLUMES ? ` and ${names.length - NAMED_VOLUMES} more` : "";
  return `only ${names.slice(0, NAMED_VOLUMES).join(", ")}${more}`;
}

const environmentNames: Check = (_input, pod, settings, trace) => {
  if (settings.flavor !== "envoy") return undefined;
  const gateway = settings.role.kind === "virtualGateway" ? findContainer(pod.containers, ENVOY_CONTAINER) : undefined;
  const present = Array.isArray(gateway?.raw["env"])
    ? (gateway.raw["env"] as readonly { name?: string }[]).map((entry) => entry?.name)
    : [];
  const names: readonly (string | undefined)[] = [...settings.env.map((entry) => entry.name), ...present];
  const reserved = EXPANDED_NAMES.find((name) => names.includes(name));
  if (reserved === undefined) return undefined;
  return trace.deny(
    "reserved-env",
    "reserved-env",
    `environment variable ${reserved} is set for Envoy, but the sidecar uses that name itself; choose another name`,
  );
};

const ports: Check = (_input, pod, settings, trace) => {
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
      `the captured ports ${formatPorts(settings.capture.ports)} include ${own}, which ${ours.get(own)} needs; leave it out of the annotation ${APPMESH_PREFIX}ports`,
    );
  }
  return trace.pass(rule, `ports ${[...ours.keys()].join(", ")} are free`);
};

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

/** Traffic of the proxy's user is not redirected, so an app that runs as the same user is outside the mesh. */
const userId: Check = (_input, pod, settings, trace) => {
  if (settings.capture.mode === "none") return undefined;
  const { uid } = settings;
  const ofPod = numberOf(member(member(pod.spec, "securityContext"), "runAsUser"));
  const same = [...pod.initContainers, ...pod.containers].filter(
    (container) => (numberOf(member(member(container.raw, "securityContext"), "runAsUser")) ?? ofPod) === uid,
  );
  if (same.length === 0) return trace.pass("user-id", `no container runs as UID ${uid}`);
  return trace.warn(
    "user-id",
    `${same.map(describeContainer).join(", ")} runs as UID ${uid} like Envoy: its outgoing traffic bypasses the mesh; choose another runAsUser`,
  );
};

const PSA_LABEL = "pod-security.kubernetes.io/enforce";

/** Pod Security judges the pod after all webhooks; saying it here puts the reason and the way out beside each other. */
const podSecurity: Check = (input, _pod, settings, trace) => {
  const level = input.namespace.labels[PSA_LABEL];
  if (level !== "baseline" && level !== "restricted") return undefined;
  if (settings.capture.mode === "init") {
    trace.warn(
      "pod-security",
      `namespace ${input.namespace.name} enforces Pod Security ${level}, which refuses NET_ADMIN of ${CAPTURE_CONTAINER}: use the CNI plugin (${APPMESH_PREFIX}appmeshCNI: enabled) or label it privileged`,
    );
  }
  if (settings.sdsSocket !== undefined) {
    trace.warn(
      "pod-security",
      `namespace ${input.namespace.name} enforces Pod Security ${level}, which refuses the hostPath of the SDS socket: set ${APPMESH_PREFIX}sds to disabled or label it privileged`,
    );
  }
  return undefined;
};

/** A delay that outlasts the grace period ends in SIGKILL in the middle of draining (bug C6). */
const gracePeriod: Check = (_input, pod, settings, trace) => {
  const grace = gracePeriodSeconds(pod);
  const { mode, preStopDelaySeconds, drainSeconds } = settings.configuration.proxy;
  const delay = settings.stopDelaySeconds ?? 0;
  // stock Envoy ends at once when it is told to
  const drain = settings.flavor === "aws" ? drainSeconds : 0;
  const sidecar = mode === "ordinary" && settings.role.kind === "virtualNode" ? preStopDelaySeconds + drain : 0;
  const longest = Math.max(delay, sidecar);
  if (longest === 0 || longest < grace) return undefined;
  return trace.warn(
    "grace-period",
    `stopping takes up to ${longest} s (${longest === delay ? "stop delay" : drain > 0 ? "preStop delay and drain" : "preStop delay"}), but the pod is killed after ${grace} s: raise terminationGracePeriodSeconds`,
  );
};

/** Inside the mesh a connection is accepted by Envoy, whoever is behind it: who waits for that does not wait. */
const waitingInitContainers: Check = (_input, pod, settings, trace) => {
  if (settings.capture.mode === "none" || settings.initContainers === "outside") return undefined;
  for (const container of pod.initContainers.filter((entry) => !entry.restartable)) {
    const waiter = connectionWaiter(container, settings.capture);
    if (waiter === undefined) continue;
    const remedy =
      settings.capture.mode === "init"
        ? `${INIT_CONTAINERS_KEY}: outside`
        : `the port in ${APPMESH_PREFIX}egressIgnoredPorts`;
    trace.warn(
      "waiting-init-containers",
      `${describeContainer(container)} seems to wait with ${waiter} until a connection is accepted, and Envoy accepts every one: it would not wait; annotate ${remedy}`,
    );
  }
  return undefined;
};

/** What the API server, the kubelet or Envoy would trip over later, found before. In the order they are asked. */
const CHECKS: readonly Check[] = [
  containerNames,
  volumeNames,
  mountedVolumes,
  environmentNames,
  ports,
  userId,
  podSecurity,
  gracePeriod,
  waitingInitContainers,
];

export function findConflicts(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  trace: Trace,
): Ending | undefined {
  for (const check of CHECKS) {
    const ending = check(input, pod, settings, trace);
    if (ending !== undefined) return ending;
  }
  return undefined;
}
