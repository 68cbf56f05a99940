import type { JsonObject } from "../../model/json.ts";
import { member, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { ENVOY_CONTAINER, PORTS } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import { type ContainerView, findContainer, type PodView, PROBES } from "../pod.ts";
import { execOf } from "../rules/gateway-probes.ts";
import type { Trace } from "../trace.ts";
import { awsEnvironment } from "./aws-container.ts";
import type { EnvoyBootstrap } from "./envoy-bootstrap.ts";
import {
  envoyArguments,
  envoyEnvironment,
  envoyImage,
  envoyMounts,
  readinessProbe,
  startupProbe,
} from "./envoy-container.ts";

/** What a virtual gateway's own container `envoy` gets (injector.md §4.8): its image is replaced, everything else only added. */
export interface GatewayFill {
  readonly container: ContainerView;
  readonly image: string | undefined;
  /** Members that the container lacks: arguments, pull policy, readiness probe, and beside a liveness probe a start-up probe. */
  readonly members: JsonObject;
  readonly env: readonly JsonObject[];
  readonly mounts: readonly JsonObject[];
  /** Probes that ran a command to ask the admin interface, and ask the status listener instead. */
  readonly probes: readonly (typeof PROBES)[number][];
  /** Seconds to wait before Envoy is told to stop, where it has no preStop hook; 0: it does not. */
  readonly stopDelaySeconds: number;
}

/** The pod has a container named `envoy`: a rule before has made sure. */
export function gatewayFill(
  pod: PodView,
  settings: SidecarSettings,
  bootstrap: EnvoyBootstrap,
  { release, preStopSeconds }: { readonly release: string; readonly preStopSeconds: number },
  trace: Trace,
): GatewayFill {
  const container = findContainer(pod.containers, ENVOY_CONTAINER) as ContainerView;
  const { imagePullPolicy, adminPort } = settings.configuration.proxy;
  const aws = settings.flavor === "aws";
  const image = envoyImage(settings);
  const wanted: JsonObject = {
    ...(!aws && { args: envoyArguments(settings, bootstrap) }),
    ...(imagePullPolicy !== "" && { imagePullPolicy }),
    readinessProbe: readinessProbe(settings, aws ? adminPort : PORTS.status),
    // Before its first configuration Envoy answers the admin port alone. A liveness probe would end it again and again while the control
    // plane is away or the node is busy, which brings nothing nearer.
    ...(!aws && member(container.raw, "livenessProbe") !== undefined && { startupProbe: startupProbe(settings) }),
  };
  return {
    container,
    image: settings.keepGatewayImage || member(container.raw, "image") === image ? undefined : image,
    members: Object.fromEntries(Object.entries(wanted).filter(([key]) => member(container.raw, key) === undefined)),
    env: missingEnvironment(
      container,
      aws ? awsEnvironment(settings, release) : envoyEnvironment(settings, bootstrap),
      trace,
    ),
    mounts: missingMounts(container, settings),
    probes: aws ? [] : PROBES.filter((probe) => execOf(container, probe, settings) === "admin"),
    // stock Envoy ends at once when it is told to, while requests still come in; AWS's image drains first
    stopDelaySeconds: aws || settings.stopDelaySeconds !== undefined ? 0 : preStopSeconds,
  };
}

/** A path can be mounted once: a gateway that mounts the SDS socket already keeps its own mount. */
function missingMounts(container: ContainerView, settings: SidecarSettings): readonly JsonObject[] {
  const paths = objectsOf(member(container.raw, "volumeMounts")).map((mount) => mount["mountPath"]);
  return envoyMounts(settings).filter(
    (mount) => mount["mountPath"] !== settings.sdsSocket || !paths.includes(settings.sdsSocket),
  );
}

/** An entry that is there with another value is added again: of two entries with one name the kubelet takes the last (bug C10). */
function missingEnvironment(
  container: ContainerView,
  wanted: readonly JsonObject[],
  trace: Trace,
): readonly JsonObject[] {
  const present = objectsOf(member(container.raw, "env"));
  const missing = wanted.filter((entry) => !present.some((other) => sameJson(other, entry)));
  const overridden = missing
    .map((entry) => stringOf(entry["name"]))
    .filter((name) => present.some((other) => member(other, "name") === name));
  if (overridden.length > 0)
    trace.warn(
      "environment",
      `${overridden.join(", ")} of container ${ENVOY_CONTAINER} has no effect: the injector sets it`,
    );
  return missing;
}
