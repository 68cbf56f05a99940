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
  return firstSentence(misread(pod, POD, ""));
}

/** The same for another object: its metadata, and of App Mesh's objects what the engine goes by. */
export function misreadInObject(json: JsonObject): string | undefined {
  const isOfMesh = (stringOf(member(json, "apiVersion")) ?? "").startsWith(APPMESH_PREFIX);
  return firstSentence(misread(json, isOfMesh ? MESH_OBJECT : OBJECT, ""));
}

/** Every such scalar of an object's metadata, with its path. */
export function misreadMetadata(json: JsonObject): readonly { readonly path: string; readonly message: string }[] {
  return [...misread(json, OBJECT, "")].map(({ path, found, expected, help }) => ({
    path,
    message: `expected ${expected}, found the ${found}: ${help}`,
  }));
}

/** A scalar of another type than Kubernetes takes. */
interface Misread {
  readonly path: string;
  /** Such as `number 1`. */
  readonly found: string;
  readonly expected: string;
  /** Empty: nothing more is to be said. */
  readonly help: string;
}

function firstSentence(found: Iterable<Misread>): string | undefined {
  for (const { path, found: what, expected, help } of found) {
    return `${path} is the ${what}, expected ${expected}${help === "" ? "" : `: ${help}`}`;
  }
  return undefined;
}

function* misread(value: Json | undefined, shape: Shape, path: string): Generator<Misread> {
  if (value === undefined || value === null) return;
  if (typeof shape === "string") {
    const found = misreadScalar(value, shape, path);
    if (found !== undefined) yield found;
    return;
  }
  switch (shape.kind) {
    case "map":
      if (!isObject(value)) return;
      for (const key of Object.keys(value)) {
        // of ours, the table of annotations says more
        if (key.startsWith(APPMESH_PREFIX) || key.startsWith(OUTRIGGER_PREFIX)) continue;
        yield* misread(value[key], "text", `${path}.${clip(key)}`);
      }
      return;
    case "list":
      if (!Array.isArray(value)) return;
      for (const [index, element] of (value as readonly Json[]).entries()) {
        yield* misread(element, shape.of, `${path}[${index}]`);
      }
      return;
    case "object":
      if (!isObject(value)) return;
      for (const [key, of] of Object.entries(shape.members)) {
        yield* misread(member(value, key), of, path === "" ? key : `${path}.${key}`);
      }
  }
}

/** Objects and lists in the place of a scalar are no slip of YAML's; the rules that look there say so. */
function misreadScalar(
  value: Exclude<Json, null>,
  expected: "text" | "number" | "boolean" | "port",
  path: string,
): Misread | undefined {
  if (typeof value === "object") return undefined;
  const found = `${typeof value === "string" ? "text" : typeof value} ${clip(JSON.stringify(value))}`;
  switch (expected) {
    case "text":
      return typeof value === "string" ? undefined : { path, found, expected, help: QUOTE_IT };
    case "port":
      return typeof value === "boolean" ? { path, found, expected: "a number or a port's name", help: "" } : undefined;
    default:
      return typeof value === expected
        ? undefined
        : { path, found, expected: `a ${expected}`, help: "write it without quotes" };
  }
}

const QUOTE_IT = "write it in quotes, for YAML takes on, off, yes, no, true, false and numbers for something else";
