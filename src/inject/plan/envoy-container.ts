import { DRAIN_ARGUMENTS } from "../../bootstrap/drain.ts";
import { PROXY_IMAGES } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import {
  ENVOY_CONTAINER,
  type ExpandedName,
  IDENTITY_PATH,
  IDENTITY_VOLUME,
  PORTS,
  TOKEN_AUDIENCE,
  TOKEN_SDS_KEY,
  TRUST_KEY,
  TRUST_SDS_KEY,
} from "../../model/names.ts";
import { hasIdentity, type SidecarSettings } from "../decision.ts";
import type { PodView } from "../pod.ts";
import type { EnvoyBootstrap } from "./envoy-bootstrap.ts";
import { extraMounts } from "./mounts.ts";
import { freePortName } from "./port-name.ts";
import type { StartOrder } from "./start-order.ts";

const TOKEN_SECONDS = 3600;
/** Each thread has connection pools and circuit breakers of its own, so their number must not follow from the node that a pod comes to. */
const SIDECAR_THREADS = 2;

/** Where each expanded name comes from. */
const FIELDS: Readonly<Record<ExpandedName, string>> = {
  OUTRIGGER_POD_NAME: "metadata.name",
  OUTRIGGER_POD_NAMESPACE: "metadata.namespace",
  OUTRIGGER_POD_UID: "metadata.uid",
  OUTRIGGER_POD_IP: "status.podIP",
  OUTRIGGER_NODE_NAME: "spec.nodeName",
  OUTRIGGER_HOST_IP: "status.hostIP",
};

/** The `envoy` container of the default flavor: stock image, inline bootstrap, no shell, nothing beside it. */
export function envoyContainer(
  pod: PodView,
  settings: SidecarSettings,
  bootstrap: EnvoyBootstrap,
  beside: { readonly resources: JsonObject; readonly preStopSeconds: number; readonly order: StartOrder },
): JsonObject {
  const { resources, preStopSeconds, order } = beside;
  const { proxy } = settings.configuration;
  const native = proxy.mode === "native";
  return {
    name: ENVOY_CONTAINER,
    image: envoyImage(settings),
    ...(proxy.imagePullPolicy !== "" && { imagePullPolicy: proxy.imagePullPolicy }),
    ...(native && { restartPolicy: "Always" }),
    args: envoyArguments(settings, bootstrap),
    env: envoyEnvironment(settings, bootstrap),
    ports: [{ name: freePortName(pod, "stats"), containerPort: PORTS.status, protocol: "TCP" }],
    ...(native && order.first === "capture" && { startupProbe: startupProbe(settings) }),
    readinessProbe: readinessProbe(settings, PORTS.status, order.first === "envoy" ? "at once" : "as configured"),
    ...(!native && preStopSeconds > 0 && { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } }),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: settings.uid,
      runAsNonRoot: true,
      runAsUser: settings.uid,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...mountsOf(settings),
  };
}

/** The image of the flavor, or the configured one. */
export function envoyImage(settings: SidecarSettings): string {
  return settings.configuration.proxy.image || PROXY_IMAGES[settings.flavor];
}

export function envoyArguments(settings: SidecarSettings, bootstrap: EnvoyBootstrap): readonly string[] {
  const { proxy } = settings.configuration;
  const threads = proxy.concurrency || (settings.role.kind === "virtualNode" ? SIDECAR_THREADS : 0);
  return [
    "--config-yaml",
    bootstrap.argument,
    "--log-level",
    proxy.logLevel,
    ...DRAIN_ARGUMENTS,
    "--disable-hot-restart",
    ...(threads === 0 ? [] : ["--concurrency", String(threads)]),
  ];
}

/** The names that the bootstrap refers to, then the user's environment. */
export function envoyEnvironment(settings: SidecarSettings, bootstrap: EnvoyBootstrap): readonly JsonObject[] {
  return [
    ...bootstrap.variables.map((name) => ({ name, valueFrom: { fieldRef: { fieldPath: FIELDS[name] } } })),
    ...settings.env.map(({ name, value }) => ({ name, value })),
  ];
}

export function readinessProbe(
  settings: SidecarSettings,
  port: number,
  begin: "as configured" | "at once" = "as configured",
): JsonObject {
  const { readinessInitialDelaySeconds, readinessPeriodSeconds } = settings.configuration.proxy;
  return {
    httpGet: { path: "/ready", port },
    ...(begin === "as configured" &&
      readinessInitialDelaySeconds > 0 && { initialDelaySeconds: readinessInitialDelaySeconds }),
    periodSeconds: readinessPeriodSeconds,
  };
}

/** Ends an Envoy that has no configuration `proxy.startupTimeoutSeconds` after it began; no other probe asks before. */
export function startupProbe({ configuration: { proxy } }: SidecarSettings): JsonObject {
  return { httpGet: readyCheck(), periodSeconds: 1, failureThreshold: proxy.startupTimeoutSeconds };
}

/** Mounts of Envoy: identity first, then what the user asked for. */
export function envoyMounts(settings: SidecarSettings): readonly JsonObject[] {
  return [
    ...(hasIdentity(settings) ? [{ name: IDENTITY_VOLUME, mountPath: IDENTITY_PATH, readOnly: true }] : []),
    ...extraMounts(settings),
  ];
}

/** Token of the pod, and the annotations that carry trust and SDS files, as files that the kubelet keeps current. */
export function identityVolume(): JsonObject {
  const file = (path: string, key: string) => ({ path, fieldRef: { fieldPath: `metadata.annotations['${key}']` } });
  return {
    name: IDENTITY_VOLUME,
    projected: {
      sources: [
        { serviceAccountToken: { audience: TOKEN_AUDIENCE, expirationSeconds: TOKEN_SECONDS, path: "token" } },
        {
          downwardAPI: {
            items: [
              file("trust.pem", TRUST_KEY),
              file("trust-sds.json", TRUST_SDS_KEY),
              file("token-sds.json", TOKEN_SDS_KEY),
            ],
          },
        },
      ],
    },
  };
}

function readyCheck(): JsonObject {
  return { path: "/ready", port: PORTS.status };
}

function mountsOf(settings: SidecarSettings): JsonObject {
  const mounts = envoyMounts(settings);
  return mounts.length > 0 ? { volumeMounts: mounts } : {};
}
