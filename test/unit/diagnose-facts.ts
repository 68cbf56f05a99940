import { X509Certificate } from "node:crypto";
import type { MeshContents } from "../../src/answers/mesh-contents.ts";
import { configuration } from "../../src/config/schema.ts";
import type { ClusterFacts } from "../../src/diagnose/facts/cluster-facts.ts";
import type { ComponentFacts } from "../../src/diagnose/facts/component.ts";
import { ownDefinitions } from "../../src/diagnose/facts/definition-state.ts";
import { type NamespaceState, namespaceState } from "../../src/diagnose/facts/namespace-state.ts";
import { READING_PERMISSIONS } from "../../src/diagnose/facts/permissions.ts";
import type { PodState } from "../../src/diagnose/facts/pod-state.ts";
import type { Reading } from "../../src/diagnose/facts/reading.ts";
import type { StreamState } from "../../src/diagnose/facts/streams.ts";
import { ownRegistration } from "../../src/install/objects/injector-objects.ts";
import { objectRegistrations } from "../../src/install/objects/object-registrations.ts";
import { type JsonObject, objectOf, objectsOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { NOBODY_BEHIND } from "../../src/model/replica-report.ts";
import { createAuthority, issueLeaf } from "../../src/pki/authority.ts";
import { aMeshObject, meshObject } from "../mesh-objects.ts";

/** Every test looks at the cluster at this moment. */
export const NOW = new Date("2026-11-22T12:00:00Z");
const DAY = 86_400_000;

export function read<T>(value: T): Reading<T> {
  return { kind: "read", value };
}

const days = (from: number, to: number) => ({
  notBefore: new Date(NOW.getTime() + from * DAY),
  notAfter: new Date(NOW.getTime() + to * DAY),
});

/** An authority that holds from and to so many days from now, and a leaf of it for the webhook's and the control plane's names. */
export async function certificates(from = -10, to = 3640) {
  const authority = await createAuthority("authority of a test", days(from, to));
  const dnsNames = ["aws-app-mesh-inject.appmesh-inject.svc", "outrigger.appmesh-system.svc"];
  const leaf = await issueLeaf(authority, { dnsNames, usage: "server", validity: days(-2, 5) });
  return { pem: authority.certificate, leaf: new X509Certificate(leaf.certificate) };
}

export type Certificates = Awaited<ReturnType<typeof certificates>>;

/** A Mesh with a node that the running pod is. */
export const HEALTHY_MESH: MeshContents = {
  objects: [
    aMeshObject("m"),
    meshObject("VirtualNode", "shop/web", { podSelector: { matchLabels: { app: "web" } } }),
  ].map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
  namespaces: [{ name: "shop", labels: { mesh: "m", [INJECT_KEY]: "enabled" }, annotations: {} }],
  services: [],
  reports: [
    {
      nodes: [{ node: { kind: "VirtualNode", namespace: "shop", name: "web" }, proxies: 1, current: 1, rejecting: 0 }],
      rejections: [],
      behind: NOBODY_BEHIND,
      isWhole: true,
    },
  ],
};

/** The registrations `outrigger` as the API server stores them, with the given authority. */
export function storedObjectRegistrations(pem: string): readonly JsonObject[] {
  const caBundle = Buffer.from(pem).toString("base64");
  return objectRegistrations().map((object) => ({
    ...object,
    webhooks: objectsOf(object.webhooks).map((entry) => ({
      ...entry,
      namespaceSelector: {},
      objectSelector: {},
      clientConfig: { ...objectOf(entry.clientConfig), caBundle },
    })),
  }));
}

/** The registration as the API server stores it, with the given authority. */
export function storedRegistration(pem: string, creationTimestamp = "2026-11-20T08:00:00Z"): JsonObject {
  const object = ownRegistration({ settings: {}, failurePolicy: "Ignore", certificates: "own" });
  const caBundle = Buffer.from(pem).toString("base64");
  return {
    ...object,
    metadata: { ...objectOf(object.metadata), creationTimestamp },
    webhooks: objectsOf(object.webhooks).map((entry) => ({
      ...entry,
      objectSelector: {},
      clientConfig: { ...objectOf(entry.clientConfig), caBundle },
    })),
  };
}

export function namespace(
  name: string,
  labels: Readonly<Record<string, string>> = {},
  annotations = {},
): NamespaceState {
  const fieldsV1 = { "f:metadata": { "f:labels": { [`f:${INJECT_KEY}`]: {} } } };
  const managedFields = [{ manager: "kubectl", time: "2026-11-20T09:00:00Z", fieldsV1 }];
  return namespaceState({ metadata: { name, labels, annotations, managedFields } });
}

export function enabled(name: string, labels: Readonly<Record<string, string>> = {}): NamespaceState {
  return namespace(name, { [INJECT_KEY]: "enabled", ...labels });
}

/** A running pod with its sidecar. */
export function podState(name: string, members: Partial<PodState> = {}): PodState {
  const message = "the pod becomes mesh/m/virtualNode/shop-web; its traffic is redirected by an init container";
  return {
    namespace: "shop",
    name,
    uid: `uid-of-${name}`,
    workload: { kind: "Deployment", name: "web" },
    created: "2026-11-22T11:00:00Z",
    ready: true,
    sidecar: {
      kind: "ours",
      release: "0.1.0",
      configuration: "0123456789ab",
      resource: "mesh/m/virtualNode/shop-web",
      image: "docker.io/envoyproxy/envoy:distroless-v1.40.0",
    },
    unready: "",
    now: { outcome: "inject", reason: "injected", message },
    drift: [],
    isStranger: false,
    newName: "",
    node: { kind: "node", object: { kind: "VirtualNode", namespace: "shop", name: "web" } },
    capture: { ports: [{ first: 80, last: 80 }], ignoredPorts: [], ignoredIps: [] },
    ...members,
  };
}

export function component(image: string, authority: string, podName: string): ComponentFacts {
  return {
    deployment: read({ isOurs: true, desired: 1, ready: 1, image, environment: {} }),
    pods: read([{ name: podName, ready: true, leaving: false, waiting: "" }]),
    service: read(true),
    configuration: read("meshName: m\n"),
    authority: read(authority),
  };
}

/** A cluster in which everything is as it should be. */
export function healthyFacts({ pem, leaf }: Certificates): ClusterFacts {
  const image = "docker.io/outrigger/outrigger:0.1.0";
  const metrics = 'outrigger_admission_reviews_total{outcome="inject",reason="injected"} 41\n';
  const inside = (name: string) => [{ name, certificate: read(leaf), metrics: read(metrics) }];
  return {
    release: "0.1.0",
    now: NOW,
    version: read("v1.36.3"),
    permissions: READING_PERMISSIONS.map((permission) => ({ ...permission, allowed: read(true) })),
    foreign: [],
    foreignUnread: 0,
    crds: read(ownDefinitions().map((name) => ({ name, state: "ours" as const }))),
    meshes: 0,
    registrations: read([storedRegistration(pem)]),
    appMeshWebhooks: read([]),
    otherServices: new Map(),
    oldDeployments: read([]),
    namespaces: read([namespace("default"), enabled("shop")]),
    injector: component(image, pem, "aws-app-mesh-inject-1"),
    controlPlane: component(image, pem, "outrigger-control-plane-1"),
    meshModes: { setting: read("serve"), meshes: [], annotated: [], unread: "" },
    mesh: read({ contents: HEALTHY_MESH, only: undefined }),
    unlabelled: [],
    objectRegistrations: read(storedObjectRegistrations(pem)),
    configuration: read(configuration({ meshName: "m" })),
    trust: read(pem),
    pods: read([{ state: podState("web-1"), verdict: "injected" as const }]),
    testAdmissions: [
      {
        namespace: "shop",
        result: { kind: "injected", resource: "mesh/m/virtualNode/shop-outrigger-check", release: "0.1.0" },
        clockAhead: 0,
      },
    ],
    untried: 0,
    injectorPods: inside("aws-app-mesh-inject-1"),
    controlPlanePods: inside("outrigger-control-plane-1"),
  };
}

/** The stream of a pod of namespace shop, as its replica shows it. */
export function streamState(pod: string, members: Partial<StreamState> = {}): StreamState {
  return {
    replica: "outrigger-control-plane-1",
    pod: { namespace: "shop", name: pod, uid: `uid-of-${pod}` },
    claimed: "mesh/m/virtualNode/shop-web",
    resolved: { mesh: "m", kind: "virtualNode", name: "shop-web" },
    unresolved: "",
    agrees: true,
    protocol: "delta",
    since: "2026-11-22T11:00:05Z",
    types: {},
    behind: null,
    ...members,
  };
}
