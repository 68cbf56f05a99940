import { identityFiles } from "../../bootstrap/identity-files.ts";
import type { JsonObject } from "../../model/json.ts";
import { member, objectsOf, stringOf } from "../../model/json.ts";
import {
  APPMESH_PREFIX,
  CAPTURE_CONTAINER,
  ENVOY_CONTAINER,
  INJECT_KEY,
  PORTS,
  TOKEN_SDS_KEY,
  TRUST_KEY,
  TRUST_SDS_KEY,
  XRAY_CONTAINER,
} from "../../model/names.ts";
import { formatPorts } from "../capture.ts";
import type { SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { findContainer, type PodView } from "../pod.ts";
import type { Ending, Trace } from "../trace.ts";
import { awsContainer, holdsOthersBack, managedNames } from "./aws-container.ts";
import { captureContainer } from "./capture-container.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";
import { envoyContainer, hasIdentity, identityVolume } from "./envoy-container.ts";
import { type GatewayFill, gatewayFill } from "./gateway.ts";
import { extraVolumes, isSdsVolume } from "./mounts.ts";
import { fitsPodLimit } from "./pod-limit.ts";
import { possibleSleep } from "./pre-stop.ts";
import { type ProbeRewrite, probeRewrites } from "./probes.ts";
import { fitResources, resourceSetting, traceQos } from "./resources.ts";
import { xrayContainer } from "./xray-container.ts";

/** What is to be put into a pod: typed objects, not yet operations. */
export interface SidecarPlan {
  /** Go before the pod's own init containers, in this order. */
  readonly initContainers: readonly JsonObject[];
  readonly containers: readonly JsonObject[];
  /** Ordinary containers that must start before the app's go first. */
  readonly containersFirst: boolean;
  readonly volumes: readonly JsonObject[];
  readonly pullSecrets: readonly string[];
  readonly fsGroup: number | undefined;
  readonly readinessGates: readonly string[];
  /** Annotations to add. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Annotations of CNI mode: these replace the pod's. */
  readonly cniAnnotations: Readonly<Record<string, string>>;
  readonly probes: readonly ProbeRewrite[];
  readonly gateway: GatewayFill | undefined;
  /** Seconds for app containers to wait before they stop; 0: they do not. */
  readonly stopDelaySeconds: number;
}

const CLOUD_MAP_GATE = "conditions.appmesh.k8s.aws/aws-cloudmap-healthy";
const DEFAULT_CONTAINER_KEY = "kubectl.kubernetes.io/default-container";
const IDENTITY_FILES = identityFiles();
const OWN_IMAGE = "docker.io/outrigger/outrigger";

/** Plans the sidecar of one pod. Ends in a denial where what the namespace demands cannot be met. */
export function planSidecar(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  trace: Trace,
): { readonly found: SidecarPlan } | { readonly ending: Ending } {
  const ownXray = findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER) !== undefined;
  const withXray = settings.configuration.tracing.provider === "xray" && !ownXray;
  const resources = fitAll(input, pod, settings, withXray, trace);
  if ("ending" in resources) return resources;

  const probes = settings.role.kind === "virtualGateway" ? [] : probeRewrites(pod, settings, trace);
  const bootstrap =
    settings.flavor === "envoy"
      ? envoyBootstrap(
          settings,
          probes.map((probe) => probe.route),
          input.release,
          trace,
        )
      : { found: { argument: "", variables: [] } };
  if ("ending" in bootstrap) return bootstrap;
  const overridden =
    settings.flavor === "aws"
      ? managedNames(settings).filter(
          (name) => name !== "XRAY_SAMPLING_RATE" && settings.env.some((entry) => entry.name === name),
        )
      : [];
  if (overridden.length > 0)
    trace.warn(
      "environment",
      `${overridden.join(", ")} in ${APPMESH_PREFIX}sidecarEnv has no effect: the injector sets it`,
    );

  if (settings.configuration.tracing.provider === "xray" && ownXray)
    trace.warn("xray", `the pod has a container ${XRAY_CONTAINER} of its own: it is used instead of ours`);
  const xray = withXray ? [xrayContainer(settings, resources.sidecar)] : [];
  const preStopSeconds = possibleSleep(pod, settings.configuration.proxy.preStopDelaySeconds);
  const gateway =
    settings.role.kind === "virtualGateway"
      ? gatewayFill(pod, settings, bootstrap.found, input.release, trace)
      : undefined;
  const envoy =
    gateway !== undefined
      ? []
      : [
          settings.flavor === "aws"
            ? awsContainer(settings, resources.sidecar, input.release, preStopSeconds)
            : envoyContainer(settings, bootstrap.found, resources.sidecar, preStopSeconds),
        ];
  const capture =
    settings.capture.mode === "init"
      ? [captureContainer(settings, resources.capture, `${OWN_IMAGE}:${input.release}`)]
      : [];
  const native = settings.configuration.proxy.mode === "native";
  const { fsGroup, pullSecret } = settings.configuration.proxy;
  return {
    found: {
      initContainers: native ? [...capture, ...envoy, ...xray] : capture,
      containers: native ? [] : [...envoy, ...xray],
      containersFirst: holdsOthersBack(settings),
      volumes: [...(hasIdentity(settings) ? [identityVolume()] : []), ...missingVolumes(pod, settings)],
      pullSecrets: pullSecret === "" || hasPullSecret(pod, pullSecret) ? [] : [pullSecret],
      fsGroup: fsGroup > 0 && gateway === undefined && !hasFsGroup(pod) ? fsGroup : undefined,
      readinessGates: settings.cloudMapGate && !hasGate(pod) ? [CLOUD_MAP_GATE] : [],
      annotations: annotations(input, pod, settings),
      cniAnnotations: settings.capture.mode === "cni" ? cniAnnotations(settings) : {},
      probes,
      gateway,
      stopDelaySeconds: possibleSleep(pod, settings.stopDelaySeconds ?? 0),
    },
  };
}

/** The extra volumes without the SDS socket's, where the pod brings that one itself. */
function missingVolumes(pod: PodView, settings: SidecarSettings): readonly JsonObject[] {
  const present = pod.volumes.some((volume) => isSdsVolume(volume, settings.sdsSocket));
  return extraVolumes(settings).filter((volume) => !present || !isSdsVolume(volume, settings.sdsSocket));
}

/** Resources of Envoy and the X-Ray daemon, and of `proxyinit`. Only what is really added has to fit. */
function fitAll(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  withXray: boolean,
  trace: Trace,
): { readonly sidecar: JsonObject; readonly capture: JsonObject } | { readonly ending: Ending } {
  const setting = resourceSetting(input, pod);
  const beside = [
    ...(settings.role.kind === "virtualNode" ? [ENVOY_CONTAINER] : []),
    ...(withXray ? [XRAY_CONTAINER] : []),
  ];
  const [first] = beside;
  const sidecar = first === undefined ? { found: {} } : fitResources(first, settings, setting, trace);
  if ("ending" in sidecar) return sidecar;
  const { requests, limits } = settings.configuration.proxy;
  const init = settings.capture.mode === "init";
  const capture = init ? fitResources(CAPTURE_CONTAINER, { requests, limits }, setting, trace) : { found: {} };
  if ("ending" in capture) return capture;
  const full = fitsPodLimit(
    pod,
    beside.map(() => sidecar.found),
    setting,
    trace,
  );
  if (full !== undefined) return { ending: full };
  traceQos(pod, [...beside.map(() => sidecar.found), ...(init ? [capture.found] : [])], setting, trace);
  return { sidecar: sidecar.found, capture: capture.found };
}

function annotations(input: InjectionInput, pod: PodView, settings: SidecarSettings): Readonly<Record<string, string>> {
  const [first] = pod.containers;
  return {
    ...(settings.role.kind === "virtualNode" &&
      first !== undefined &&
      member(member(member(pod.raw, "metadata"), "annotations"), DEFAULT_CONTAINER_KEY) === undefined && {
        [DEFAULT_CONTAINER_KEY]: first.name,
      }),
    ...(hasIdentity(settings) && {
      ...(input.trust.kind === "known" && { [TRUST_KEY]: input.trust.pem }),
      [TRUST_SDS_KEY]: IDENTITY_FILES.trustSds,
      [TOKEN_SDS_KEY]: IDENTITY_FILES.tokenSds,
    }),
  };
}

/** What the App Mesh CNI plugin reads at the pod's sandbox (injector.md §2.4). */
function cniAnnotations(settings: SidecarSettings): Readonly<Record<string, string>> {
  const { capture, configuration } = settings;
  return {
    [INJECT_KEY]: "enabled",
    [`${APPMESH_PREFIX}egressIgnoredIPs`]: capture.ignoredIps.join(","),
    [`${APPMESH_PREFIX}egressIgnoredPorts`]: formatPorts(capture.ignoredPorts),
    [`${APPMESH_PREFIX}ignoredUID`]: String(configuration.proxy.uid),
    [`${APPMESH_PREFIX}ports`]: formatPorts(capture.ports),
    [`${APPMESH_PREFIX}proxyEgressPort`]: String(PORTS.outbound),
    [`${APPMESH_PREFIX}proxyIngressPort`]: String(PORTS.inbound),
  };
}

function hasPullSecret(pod: PodView, name: string): boolean {
  return objectsOf(member(pod.spec, "imagePullSecrets")).some((secret) => stringOf(member(secret, "name")) === name);
}

function hasFsGroup(pod: PodView): boolean {
  return typeof member(member(pod.spec, "securityContext"), "fsGroup") === "number";
}

function hasGate(pod: PodView): boolean {
  return objectsOf(member(pod.spec, "readinessGates")).some((gate) => member(gate, "conditionType") === CLOUD_MAP_GATE);
}
