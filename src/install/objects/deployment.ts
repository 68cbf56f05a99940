import type { JsonObject } from "../../model/json.ts";
import { CONFIGURATION } from "./component-settings.ts";
import { type InstallationOptions, ownImage } from "./installation-options.ts";
import { type Component, ownershipLabels, PLACES, selectorLabels } from "./ownership.ts";

/** What the two Deployments differ in. */
export interface DeploymentParts {
  readonly component: Component;
  /** Name of the ConfigMap with `config.yaml`. */
  readonly configMap: string;
  /** Text of `config.yaml`. */
  readonly configuration: string;
  readonly containerName: string;
  /** The subcommand. */
  readonly command: string;
  /** What follows it: flags that only an installation decides. */
  readonly arguments?: readonly string[];
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly resources: JsonObject;
  /** How long it may take to stop, by its settings; the kubelet waits a little longer. */
  readonly shutdownSeconds: number;
  readonly volumes?: readonly JsonObject[];
  readonly volumeMounts?: readonly JsonObject[];
}

/** Port of `/healthz`, `/readyz` and `/metrics`, in both parts. */
export const HEALTH_PORT = 9090;
/** Numeric, so that the kubelet can tell that it is not root. */
const USER = 65_532;
/** Added to a part's own shutdown time before the kubelet kills it. */
const KILL_MARGIN_SECONDS = 10;

/**
 * The configuration as an annotation of the pods, so that they are created again when it changes: the text and not its hash,
 * because every way of installing can repeat a text.
 */
export const CONFIGURATION_KEY = "outrigger.dev/configuration";

/** Labels, scrape hints and all of the restricted Pod Security level (https://kubernetes.io/docs/concepts/security/pod-security-standards/). */
export function deployment(workload: DeploymentParts, options: InstallationOptions): JsonObject {
  const { component } = workload;
  const isDoubled = options.availability === "ha";
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...PLACES[component], labels: ownershipLabels(component) },
    spec: {
      replicas: isDoubled ? 2 : 1,
      selector: { matchLabels: selectorLabels(component) },
      // a new pod is ready before an old one goes, also where there is only one
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: ownershipLabels(component),
          annotations: {
            [CONFIGURATION_KEY]: workload.configuration,
            "prometheus.io/scrape": "true",
            "prometheus.io/port": String(HEALTH_PORT),
          },
        },
        spec: {
          serviceAccountName: PLACES[component].name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          ...(options.priorityClass !== undefined && { priorityClassName: options.priorityClass }),
          terminationGracePeriodSeconds: workload.shutdownSeconds + KILL_MARGIN_SECONDS,
          nodeSelector: { "kubernetes.io/os": "linux" },
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER,
            runAsGroup: USER,
            seccompProfile: { type: "RuntimeDefault" },
          },
          ...(isDoubled && { topologySpreadConstraints: SPREAD_OVER.map((key) => spread(component, key)) }),
          containers: [container(workload, ownImage(options))],
          volumes: [
            { name: "configuration", configMap: { name: workload.configMap } },
            { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
            ...(workload.volumes ?? []),
          ],
        },
      },
    },
  };
}

/** Best effort: a cluster with one node still gets both replicas. */
const SPREAD_OVER = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"] as const;

function spread(component: Component, topologyKey: string): JsonObject {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selectorLabels(component) },
  };
}

function container(workload: DeploymentParts, image: string): JsonObject {
  const ports = Object.entries({ ...workload.ports, health: HEALTH_PORT });
  return {
    name: workload.containerName,
    image,
    args: [workload.command, "--config", `${CONFIGURATION.folder}/${CONFIGURATION.key}`, ...(workload.arguments ?? [])],
    ports: ports.map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
    livenessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 10, failureThreshold: 3 },
    // often, because pods are held up by it: an installation is over when it first succeeds
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 2, timeoutSeconds: 2 },
    resources: workload.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "configuration", mountPath: CONFIGURATION.folder, readOnly: true },
      // Node.js keeps compiled code here, which halves the next start of the container
      { name: "tmp", mountPath: "/tmp" },
      ...(workload.volumeMounts ?? []),
    ],
  };
}

/** Keeps one of the replicas while nodes are drained; pods that never became ready may go. */
export function disruptionBudget(component: Component): JsonObject {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { ...PLACES[component], labels: ownershipLabels(component) },
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorLabels(component) },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
