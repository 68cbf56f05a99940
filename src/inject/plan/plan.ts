import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { CLOUD_MAP_GATE, XRAY_CONTAINER } from "../../model/names.ts";
import { hasIdentity, type SidecarSettings } from "../decision.ts";
import { possibleSleep } from "../grace-period.ts";
import type { InjectionInput } from "../input.ts";
import { findContainer, type PodView } from "../pod.ts";
import { behindCompleted } from "../rules/init-containers.ts";
import type { Step, Trace } from "../trace.ts";
import { isSdsVolume } from "../volume-names.ts";
import { awsContainer, holdsOthersBack, managedNames } from "./aws-container.ts";
import { captureContainer } from "./capture-container.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";
import { envoyContainer, identityVolume } from "./envoy-container.ts";
import { type GatewayFill, gatewayFill } from "./gateway.ts";
import { extraVolumes } from "./mounts.ts";
import { cniAnnotations, podAnnotations } from "./pod-annotations.ts";
import { type ProbeRewrite, probeRewrites } from "./probes.ts";
import { sidecarResources } from "./sidecar-resources.ts";
import { type StartOrder, wantedOrder } from "./start-order.ts";
import { xrayContainer } from "./xray-container.ts";

/** What is to be put into a pod: typed objects, not yet operations. */
export interface SidecarPlan {
  /** In this order, one behind the other. */
  readonly initContainers: readonly JsonObject[];
  /** How many of the pod's own init containers go before them. */
  readonly initContainersAt: number;
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

const OWN_IMAGE = "docker.io/outrigger/outrigger";

/** Plans the sidecar of one pod. Ends in a denial where what the namespace demands cannot be met. */
export function planSidecar(
  input: InjectionInput,
  pod: PodView,
  settings: SidecarSettings,
  trace: Trace,
): Step<SidecarPlan> {
  const ownXray = findContainer([...pod.initContainers, ...pod.containers], XRAY_CONTAINER) !== undefined;
  const withXray = settings.configuration.tracing.provider === "xray" && !ownXray;
  const wanted = wantedOrder(settings, input.release);
  const fitted = sidecarResources(input, pod, settings, { withXray, order: wanted }, trace);
  if ("ending" in fitted) return fitted;
  const resources = fitted.found;
  const { order } = resources;
  traceOrder(settings, order, trace);

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
  warnOfManagedNames(settings, trace);
  if (settings.configuration.tracing.provider === "xray" && ownXray)
    trace.warn("xray", `the pod has a container ${XRAY_CONTAINER} of its own: it is used instead of ours`);
  const xray = withXray ? [xrayContainer(pod, settings, resources.sidecar)] : [];
  const preStopSeconds = possibleSleep(pod, settings.configuration.proxy.preStopDelaySeconds);
  const gateway =
    settings.role.kind === "virtualGateway"
      ? gatewayFill(pod, settings, bootstrap.found, { release: input.release, preStopSeconds }, trace)
      : undefined;
  const envoy =
    gateway !== undefined
      ? []
      : [
          settings.flavor === "aws"
            ? awsContainer(pod, settings, resources.sidecar, input.release, preStopSeconds)
            : envoyContainer(pod, settings, bootstrap.found, { resources: resources.sidecar, preStopSeconds, order }),
        ];
  const capture =
    settings.capture.mode === "init"
      ? [captureContainer(settings, resources.capture, `${OWN_IMAGE}:${input.release}`, order)]
      : [];
  const native = settings.configuration.proxy.mode === "native";
  const { fsGroup, pullSecret } = settings.configuration.proxy;
  return {
    found: {
      initContainers: native
        ? [...(order.first === "envoy" ? [...envoy, ...capture] : [...capture, ...envoy]), ...xray]
        : capture,
      initContainersAt: settings.initContainers === "outside" ? behindCompleted(pod.initContainers) : 0,
      containers: native ? [] : [...envoy, ...xray],
      containersFirst: holdsOthersBack(settings),
      volumes: [...(hasIdentity(settings) ? [identityVolume()] : []), ...missingVolumes(pod, settings)],
      pullSecrets: pullSecret === "" || hasPullSecret(pod, pullSecret) ? [] : [pullSecret],
      fsGroup: fsGroup > 0 && gateway === undefined && !hasFsGroup(pod) ? fsGroup : undefined,
      readinessGates: settings.cloudMapGate && !hasGate(pod) ? [CLOUD_MAP_GATE] : [],
      annotations: podAnnotations(input, pod, settings),
      cniAnnotations: settings.capture.mode === "cni" ? cniAnnotations(settings) : {},
      probes,
      gateway,
      stopDelaySeconds: possibleSleep(pod, settings.stopDelaySeconds ?? 0),
    },
  };
}

/** Only where there is a choice: an Envoy beside which something has to redirect. */
function traceOrder(settings: SidecarSettings, order: StartOrder, trace: Trace): void {
  if (settings.capture.mode !== "init" || settings.configuration.proxy.mode !== "native") return;
  const saw =
    order.first === "envoy"
      ? "Envoy first, then proxyinit, which waits until it is ready"
      : `proxyinit first, then Envoy with a start-up probe: ${order.because}`;
  trace.set("start-order", saw);
}

/** In the aws flavor some names are the injector's; the envoy flavor denies its own before. */
function warnOfManagedNames(settings: SidecarSettings, trace: Trace): void {
  if (settings.flavor !== "aws" || settings.env.length === 0) return;
  const given = settings.env.map(({ name }) => name);
  const overridden = managedNames(settings).filter((name) => name !== "XRAY_SAMPLING_RATE" && given.includes(name));
  if (overridden.length === 0) return;
  trace.warn(
    "environment",
    `${overridden.join(", ")} in the annotations for Envoy's environment has no effect: the injector sets it`,
  );
}

/** The extra volumes without the SDS socket's, where the pod brings that one itself. */
function missingVolumes(pod: PodView, settings: SidecarSettings): readonly JsonObject[] {
  const present = pod.volumes.some((volume) => isSdsVolume(volume, settings.sdsSocket));
  return extraVolumes(settings).filter((volume) => !present || !isSdsVolume(volume, settings.sdsSocket));
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
