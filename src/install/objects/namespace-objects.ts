import type { JsonObject } from "../../model/json.ts";
import { HEALTH_PORT } from "./deployment.ts";
import { type Component, ownershipLabels, PLACES, selectorLabels } from "./ownership.ts";

/** The component's namespace, in which only pods of the restricted Pod Security level are allowed. */
export function namespace(component: Component): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: PLACES[component].namespace,
      labels: {
        ...ownershipLabels(component),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      },
    },
  };
}

/** The service account; only pods that ask for its token get one. */
export function serviceAccount(component: Component): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { ...PLACES[component], labels: ownershipLabels(component) },
    automountServiceAccountToken: false,
  };
}

/** The ConfigMap with the text of `config.yaml`. */
export function configMap(component: Component, name: string, configuration: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: PLACES[component].namespace, labels: ownershipLabels(component) },
    data: { "config.yaml": configuration },
  };
}

/** A port of a Service, and the name of that of its pods. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string;
}

/** A Service in front of ports of the component's pods. */
export function service(component: Component, name: string, ports: readonly ServicePort[]): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: PLACES[component].namespace, labels: ownershipLabels(component) },
    spec: { selector: selectorLabels(component), ports: ports.map((port) => ({ ...port, protocol: "TCP" })) },
  };
}

/** Who may call each port, by its name: anybody at all, or pods of this cluster. */
type Callers = Readonly<Record<string, "anybody" | "pods">>;

/**
 * What may reach the component's pods: its own ports and, from pods, metrics. The kubelet of the pod's node is always allowed
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/). Outgoing calls go to the API server, whose
 * address no rule could name.
 */
export function networkPolicy(component: Component, callers: Callers): JsonObject {
  const pods = { from: [{ namespaceSelector: {} }] };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...PLACES[component], labels: ownershipLabels(component) },
    spec: {
      podSelector: { matchLabels: selectorLabels(component) },
      policyTypes: ["Ingress"],
      ingress: [
        ...Object.entries(callers).map(([port, who]) => ({
          ports: [{ port, protocol: "TCP" }],
          ...(who === "pods" && pods),
        })),
        { ports: [{ port: HEALTH_PORT, protocol: "TCP" }], ...pods },
      ],
    },
  };
}
