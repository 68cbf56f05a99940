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
import { type ProbeRewrite, probeRewrites } from "./probes.ts";
import { fitResources, fitsPodLimit, resourceSetting } from "./resources.ts";
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
  readonly stopDelaySeconds: number | undefined;
}

const CLOUD_MAP_GATE = "conditions.appmesh.k8s.aws/aws-cloudmap-healthy";
const DEFAULT_CONTAINER_KEY = "kubectl.kubernetes.io/default-container";
const OWN_IMAGE = "docker.io/outrigger/outrigger";

/** Plans the sidecar of one pod. Ends in a denial where what the namespace demands cannot be met. */
export function planSidecar(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  trace: Trace,
): { readonly found: SidecarPlan } | { readonly ending: Ending } {
  const setting = resourceSetting(input, pod, trace);
  const resources = fitResources(ENVOY_CONTAINER, settings, setting, trace);
  if ("ending" in resources) return resources;
  const { requests, limits } = settings.configuration.proxy;
  const initResources = fitResources(CAPTURE_CONTAINER, { requests, limits }, setting, trace);
  if ("ending" in initResources) return initResources;
  const full = fitsPodLimit(pod, resources.found, setting, trace);
  if (full !== undefined) return { ending: full };

  const probes = settings.role.kind === "virtualGateway" ? [] : probeRewrites(pod, settings, trace);
  const bootstrap =
    settings.flavor === "envoy"
      ? envoyBootstrap(
          settings,
          probes.map((probe) => probe.route),
          input.release,
          trace,
        )
      : { found: "" };
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

  const xray = xrayOf(pod, settings, resources.found, trace);
  const gateway =
    settings.role.kind === "virtualGateway"
      ? gatewayFill(pod, settings, bootstrap.found, input.release, trace)
      : undefined;
  const envoy =
    gateway !== undefined
      ? []
      : [
          settings.flavor === "aws"
            ? awsContainer(settings, resources.found, input.release)
            : envoyContainer(settings, bootstrap.found, resources.found),
        ];
  const capture =
    settings.capture.mode === "init"
      ? [captureContainer(settings, initResources.found, `${OWN_IMAGE}:${input.release}`)]
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
      stopDelaySeconds: settings.stopDelaySeconds,
    },
  };
}

/** The extra volumes without the SDS socket's, where the pod brings that one itself. */
function missingVolumes(pod: PodView, settings: SidecarSettings): readonly JsonObject[] {
  const present = pod.volumes.some((volume) => isSdsVolume(volume, settings.sdsSocket));
  return extraVolumes(settings).filter((volume) => !present || !isSdsVolume(volume, settings.sdsSocket));
}

function xrayOf(pod: PodView, settings: SidecarSettings, resources: JsonObject, trace: Trace): readonly JsonObject[] {
  if (settings.configuration.tracing.provider !== "xray") return [];
  if (findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER) !== undefined) {
    trace.warn("xray", `the pod has a container ${XRAY_CONTAINER} of its own: it is used instead of ours`);
    return [];
  }
  return [xrayContainer(settings, resources)];
}

function annotations(input: InjectionInput, pod: PodView, settings: SidecarSettings): Readonly<Record<string, string>> {
  const [first] = pod.containers;
  const files = identityFiles();
  return {
    ...(settings.role.kind === "virtualNode" &&
      first !== undefined &&
      member(member(member(pod.raw, "metadata"), "annotations"), DEFAULT_CONTAINER_KEY) === undefined && {
        [DEFAULT_CONTAINER_KEY]: first.name,
      }),
    ...(hasIdentity(settings) && {
      ...(input.trust.kind === "known" && { [TRUST_KEY]: input.trust.pem }),
      [TRUST_SDS_KEY]: files.trustSds,
      [TOKEN_SDS_KEY]: files.tokenSds,
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
