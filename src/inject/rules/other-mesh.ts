import type { NamespaceFacts } from "../../model/facts.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { findContainer, type PodView, runningContainers } from "../pod.ts";

/** A sign that a pod belongs to another mesh. */
export interface MeshSign {
  readonly mesh: string;
  /** What was seen and where. */
  readonly saw: string;
  /** The other sidecar is in the pod already; otherwise it is only announced. */
  readonly present: boolean;
}

const PROXY_CONTAINERS: Readonly<Record<string, string>> = {
  "istio-proxy": "Istio",
  "linkerd-proxy": "Linkerd",
  "consul-dataplane": "Consul",
  "kuma-sidecar": "Kuma",
  "osm-envoy": "Open Service Mesh",
};

type Labels = Readonly<Record<string, string>>;

/**
 * The first sign of another mesh: its container, or, because API servers call webhooks in the order of their names and ours
 * comes early, the labels and annotations of pod and namespace by which its own injector will choose the pod.
 */
export function otherMesh(pod: PodView, namespace: NamespaceFacts): MeshSign | undefined {
  for (const [container, mesh] of Object.entries(PROXY_CONTAINERS)) {
    const found = findContainer(runningContainers(pod), container);
    if (found !== undefined)
      return { mesh, saw: `spec.${found.list} holds a container named ${container}`, present: true };
  }
  return istioSign(pod, namespace) ?? linkerdSign(pod, namespace) ?? kumaSign(pod, namespace);
}

// https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
function istioSign(pod: PodView, namespace: NamespaceFacts): MeshSign | undefined {
  const own = pod.labels["sidecar.istio.io/inject"] ?? pod.annotations["sidecar.istio.io/inject"];
  if (own !== undefined) {
    return own === "true" ? announced("Istio", `the pod's sidecar.istio.io/inject is ${own}`) : undefined;
  }
  if (namespace.labels["istio-injection"] === "enabled")
    return announced("Istio", "namespace label istio-injection is enabled");
  if (namespace.labels["istio-injection"] === "disabled") return undefined;
  for (const [place, labels] of [
    ["pod", pod.labels],
    ["namespace", namespace.labels],
  ] as const) {
    if (has(labels, "istio.io/rev")) return announced("Istio", `${place} label istio.io/rev is present`);
  }
  return undefined;
}

// https://linkerd.io/2/features/proxy-injection/
function linkerdSign(pod: PodView, namespace: NamespaceFacts): MeshSign | undefined {
  const own = pod.annotations["linkerd.io/inject"];
  const value = own ?? namespace.annotations["linkerd.io/inject"];
  if (value !== "enabled" && value !== "ingress") return undefined;
  return announced("Linkerd", `${own === undefined ? "namespace" : "pod"} annotation linkerd.io/inject is ${value}`);
}

// https://kuma.io/docs/latest/production/dp-config/dpp-on-kubernetes/
function kumaSign(pod: PodView, namespace: NamespaceFacts): MeshSign | undefined {
  const own = pod.labels["kuma.io/sidecar-injection"];
  const value = own ?? namespace.labels["kuma.io/sidecar-injection"];
  if (value !== "enabled") return undefined;
  return announced("Kuma", `${own === undefined ? "namespace" : "pod"} label kuma.io/sidecar-injection is enabled`);
}

function announced(mesh: string, saw: string): MeshSign {
  return { mesh, saw, present: false };
}

function has(labels: Labels, key: string): boolean {
  return Object.hasOwn(labels, key);
}

/** What to do about it, for messages. */
export const OTHER_MESH_ADVICE = `a pod can be in one mesh only: set ${INJECT_KEY} to disabled, or take the pod out of the other mesh, or configure otherMesh: insist`;
