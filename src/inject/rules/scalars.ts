import { isObject, type Json, type JsonObject, member, stringOf } from "../../model/json.ts";
import { APPMESH_PREFIX, OUTRIGGER_PREFIX } from "../../model/names.ts";
import { clip } from "../values.ts";

/** What a member must be, wherever somebody looks at it. Null counts as absent everywhere, as it does for the API server. */
type Shape =
  | "text"
  | "number"
  | "boolean"
  /** A port by number or name. */
  | "port"
  | { readonly kind: "map" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "object"; readonly members: Readonly<Record<string, Shape>> };

const MAP: Shape = { kind: "map" };
const list = (of: Shape): Shape => ({ kind: "list", of });
const object = (members: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", members });

const METADATA = object({
  name: "text",
  generateName: "text",
  namespace: "text",
  labels: MAP,
  annotations: MAP,
  ownerReferences: list(object({ apiVersion: "text", kind: "text", name: "text", uid: "text", controller: "boolean" })),
});
const PROBE = object({
  timeoutSeconds: "number",
  httpGet: object({ path: "text", port: "port", scheme: "text", host: "text" }),
  tcpSocket: object({ port: "port", host: "text" }),
  grpc: object({ port: "number", service: "text" }),
});
const CONTAINER = object({
  name: "text",
  image: "text",
  restartPolicy: "text",
  ports: list(object({ name: "text", containerPort: "number", protocol: "text" })),
  securityContext: object({ runAsUser: "number" }),
  startupProbe: PROBE,
  livenessProbe: PROBE,
  readinessProbe: PROBE,
});
const POD = object({
  metadata: METADATA,
  spec: object({
    hostNetwork: "boolean",
    nodeSelector: MAP,
    os: object({ name: "text" }),
    terminationGracePeriodSeconds: "number",
    securityContext: object({ runAsUser: "number", fsGroup: "number" }),
    initContainers: list(CONTAINER),
    containers: list(CONTAINER),
    volumes: list(object({ name: "text" })),
    imagePullSecrets: list(object({ name: "text" })),
    readinessGates: list(object({ conditionType: "text" })),
  }),
});
const SELECTOR = object({
  matchLabels: MAP,
  matchExpressions: list(object({ key: "text", operator: "text", values: list("text") })),
});
/** Any object at hand: what all have, and what is read of App Mesh's. */
const OBJECT = object({
  metadata: METADATA,
});
const MESH_OBJECT = object({
  metadata: METADATA,
  spec: object({
    awsName: "text",
    meshRef: object({ name: "text" }),
    podSelector: SELECTOR,
    namespaceSelector: SELECTOR,
    listeners: list(object({ portMapping: object({ port: "number" }) })),
  }),
});

/**
 * The first scalar of a pod that is of another type than Kubernetes takes, as a sentence; undefined when there is none. Read as
 * absent, it would be decided on something else: YAML makes a boolean of `name: off` and a number of `version: 1.0`.
 */
export function misreadInPod(pod: JsonObject): string | undefined {
  return misread(pod, POD, "");
}

/** The same for another object: its metadata, and of App Mesh's objects what the engine goes by. */
export function misreadInObject(json: JsonObject): string | undefined {
  const isOfMesh = (stringOf(member(json, "apiVersion")) ?? "").startsWith(APPMESH_PREFIX);
  return misread(json, isOfMesh ? MESH_OBJECT : OBJECT, "");
}

function misread(value: Json | undefined, shape: Shape, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === "string") return misreadScalar(value, shape, path);
  switch (shape.kind) {
    case "map":
      if (!isObject(value)) return undefined;
      // of ours, the table of annotations says more
      return firstOf(
        Object.keys(value).filter((key) => !key.startsWith(APPMESH_PREFIX) && !key.startsWith(OUTRIGGER_PREFIX)),
        (key) => misread(value[key], "text", `${path}.${clip(key)}`),
      );
    case "list":
      if (!Array.isArray(value)) return undefined;
      return firstOf([...(value as readonly Json[]).entries()], ([index, element]) =>
        misread(element, shape.of, `${path}[${index}]`),
      );
    case "object":
      if (!isObject(value)) return undefined;
      return firstOf(Object.entries(shape.members), ([key, of]) =>
        misread(member(value, key), of, path === "" ? key : `${path}.${key}`),
      );
  }
}

/** Objects and lists in the place of a scalar are no slip of YAML's; the rules that look there say so. */
function misreadScalar(
  value: Exclude<Json, null>,
  expected: "text" | "number" | "boolean" | "port",
  path: string,
): string | undefined {
  if (typeof value === "object") return undefined;
  const found = `${path} is the ${typeof value === "string" ? "text" : typeof value} ${clip(JSON.stringify(value))}`;
  switch (expected) {
    case "text":
      if (typeof value === "string") return undefined;
      return `${found}, expected text: write it in quotes, for YAML takes on, off, yes, no, true, false and numbers for something else`;
    case "port":
      return typeof value === "boolean" ? `${found}, expected a number or a port's name` : undefined;
    default:
      return typeof value === expected ? undefined : `${found}, expected a ${expected}: write it without quotes`;
  }
}

function firstOf<T>(entries: readonly T[], look: (entry: T) => string | undefined): string | undefined {
  for (const entry of entries) {
    const found = look(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}
