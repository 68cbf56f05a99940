import { type ConfigurationInput, configuration } from "../src/config/schema.ts";
import type { InjectionResult } from "../src/inject/decision.ts";
import { inject } from "../src/inject/inject.ts";
import type { InjectionInput } from "../src/inject/input.ts";
import { applyPatch } from "../src/inject/json-patch.ts";
import type { NamespaceFacts, OwnerFacts } from "../src/model/facts.ts";
import { type Json, type JsonObject, listOf, member, objectOf, objectsOf, stringOf } from "../src/model/json.ts";
import type { MeshFacts, NodeFacts } from "../src/model/mesh-objects.ts";
import { APPMESH_PREFIX, INJECT_KEY } from "../src/model/names.ts";

/** One change to a pod; several make the pod that a test is about. */
export type PodChange = (pod: JsonObject) => JsonObject;

/** A pod named `nginx` in namespace `shop` with one container on port 80, as a person writes it; changed in order. */
export function aPod(...changes: readonly PodChange[]): JsonObject {
  const plain: JsonObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "nginx", namespace: "shop", labels: { app: "nginx" } },
    spec: { containers: [aContainer("nginx", { ports: [{ containerPort: 80 }] })] },
  };
  return changes.reduce((pod, change) => change(pod), plain);
}

export function aContainer(name: string, members: JsonObject = {}): JsonObject {
  return { name, image: `example/${name}:1`, ...members };
}

/** Annotations by their full keys; any JSON value, because a raw pod may hold one. */
export function annotated(annotations: JsonObject): PodChange {
  return (pod) => withMetadata({ annotations: { ...objectOf(metadataOf(pod, "annotations")), ...annotations } })(pod);
}

/** Annotations under `appmesh.k8s.aws/`. */
export function appmesh(annotations: JsonObject): PodChange {
  return annotated(
    Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${APPMESH_PREFIX}${name}`, value])),
  );
}

export function labelled(labels: Readonly<Record<string, string>>): PodChange {
  return (pod) => withMetadata({ labels: { ...objectOf(metadataOf(pod, "labels")), ...labels } })(pod);
}

export function withMetadata(members: JsonObject): PodChange {
  return (pod) => ({ ...pod, metadata: { ...objectOf(member(pod, "metadata")), ...members } });
}

export function withSpec(members: JsonObject): PodChange {
  return (pod) => ({ ...pod, spec: { ...objectOf(member(pod, "spec")), ...members } });
}

export function withContainers(...containers: readonly JsonObject[]): PodChange {
  return withSpec({ containers });
}

/** What a test says about the world around its pod; the rest is an enabled namespace `shop` and mesh `test-mesh`. */
export interface Surroundings extends Partial<Omit<InjectionInput, "pod" | "configuration" | "namespace">> {
  readonly configuration?: ConfigurationInput;
  readonly namespace?: Partial<NamespaceFacts>;
}

const TRUST = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

export function anInput(pod: JsonObject, { configuration: settings, namespace, ...facts }: Surroundings = {}) {
  return {
    pod,
    request: { operation: "CREATE", dryRun: false, user: "tester" },
    namespace: { name: "shop", labels: { [INJECT_KEY]: "enabled" }, annotations: {}, ...namespace },
    owner: { kind: "none" },
    virtualNodes: [],
    virtualGateways: [],
    sharedNodes: [],
    meshes: [],
    limitRanges: [],
    quotas: [],
    trust: { kind: "known", pem: TRUST },
    configuration: configuration({ meshName: "test-mesh", ...settings }),
    release: "1.2.3",
    ...facts,
  } satisfies InjectionInput;
}

export function ownedBy(kind: string, name: string, apiVersion = "apps/v1"): OwnerFacts {
  return { kind: "known", owner: { apiVersion, kind, name, uid: `uid-of-${name}` } };
}

/** A VirtualNode or VirtualGateway of namespace `shop` that selects the pods labelled `app=<name>`. */
export function aNode(name: string, facts: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    namespace: "shop",
    awsName: `${name}_shop`,
    podSelector: { matchLabels: { app: name }, matchExpressions: [] },
    meshRef: "test-mesh",
    listenerPorts: [],
    cloudMap: false,
    ...facts,
  };
}

export function aMesh(name: string, facts: Partial<MeshFacts> = {}): MeshFacts {
  return { name, awsName: name, ...facts };
}

/** What came of a pod: the decision and the pod with the patch applied. */
export interface Injected {
  readonly result: InjectionResult;
  readonly pod: JsonObject;
}

export function injected(pod: JsonObject, surroundings: Surroundings = {}): Injected {
  const result = inject(anInput(pod, surroundings));
  return { result, pod: applyPatch(pod, result.patch) };
}

/** The container of this name, wherever it stands. */
export function containerOf(pod: JsonObject, name: string): JsonObject | undefined {
  return [...initContainersOf(pod), ...containersOf(pod)].find((container) => container["name"] === name);
}

export function containersOf(pod: JsonObject): readonly JsonObject[] {
  return objectsOf(member(member(pod, "spec"), "containers"));
}

export function initContainersOf(pod: JsonObject): readonly JsonObject[] {
  return objectsOf(member(member(pod, "spec"), "initContainers"));
}

export function volumesOf(pod: JsonObject): readonly JsonObject[] {
  return objectsOf(member(member(pod, "spec"), "volumes"));
}

/** Names of all containers in the order in which they stand, init containers first. */
export function namesOf(pod: JsonObject): readonly string[] {
  return [...initContainersOf(pod), ...containersOf(pod)].map((container) => stringOf(container["name"]) ?? "");
}

/** Environment of a container: literal values, or the JSON of `valueFrom`. Of two entries with one name the last counts. */
export function envOf(container: JsonObject | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objectsOf(member(container, "env")).map((entry) => [
      stringOf(entry["name"]) ?? "",
      stringOf(entry["value"]) ?? JSON.stringify(entry["valueFrom"] ?? null),
    ]),
  );
}

/** Arguments of a container. */
export function argumentsOf(container: JsonObject | undefined): readonly string[] {
  return listOf(member(container, "args")).map((argument) => stringOf(argument) ?? "");
}

/** The configuration that Envoy gets as an argument, places of the downward API unexpanded. */
export function bootstrapOf(pod: JsonObject): JsonObject {
  return JSON.parse(argumentsOf(containerOf(pod, "envoy"))[1] ?? "null") as JsonObject;
}

/** An annotation of the pod as a string. */
export function annotationOf(pod: JsonObject, key: string): string | undefined {
  return stringOf(member(metadataOf(pod, "annotations"), key));
}

function metadataOf(pod: JsonObject, key: string): Json | undefined {
  return member(member(pod, "metadata"), key);
}
