import type { PatchOperation } from "../../src/inject/json-patch.ts";
import { type Json, type JsonObject, listOf, member, objectOf, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { text } from "./api-object.ts";
import type { PodReview } from "./loopback-admission.ts";

const DONE_KEY = "other.example/injected";
const ENVIRONMENT = { name: "OTHER_AGENT", value: "127.0.0.1:4000" };
const VOLUME = { name: "other-config", emptyDir: {} };
/** With limits equal to its requests: without them a Guaranteed pod would no longer be one, and our sizes would rightly change. */
const RESOURCES = { requests: { cpu: "20m", memory: "16Mi" }, limits: { cpu: "20m", memory: "16Mi" } };
const AGENT = {
  name: "other-agent",
  image: "other.example/agent:1",
  resources: RESOURCES,
  volumeMounts: [{ name: VOLUME.name, mountPath: "/etc/other" }],
};
const SET_UP = { name: "other-set-up", image: "other.example/set-up:1", resources: RESOURCES };

/**
 * A sidecar injector that does what such programs do: a container at the end, an init container in front of all others, a
 * volume, an annotation, a label, and a variable in every app container. A second call changes nothing.
 */
export function otherInjection({ object }: PodReview): readonly PatchOperation[] {
  const { metadata, spec } = object;
  if (DONE_KEY in stringMapOf(member(metadata, "annotations"))) return [];
  return [
    ...listOf(member(spec, "containers")).flatMap((container, index) =>
      added(container, `/spec/containers/${index}`, "env", [ENVIRONMENT]),
    ),
    ...added(spec, "/spec", "containers", [AGENT]),
    ...added(spec, "/spec", "volumes", [VOLUME]),
    ...(member(spec, "initContainers") === undefined
      ? added(spec, "/spec", "initContainers", [SET_UP])
      : [{ op: "add", path: "/spec/initContainers/0", value: SET_UP } as const]),
    ...entered(metadata, "annotations", DONE_KEY),
    ...entered(metadata, "labels", "other.example/agent"),
  ];
}

function added(
  parent: Json | undefined,
  path: string,
  list: string,
  elements: readonly JsonObject[],
): PatchOperation[] {
  if (member(parent, list) === undefined) return [{ op: "add", path: `${path}/${list}`, value: elements }];
  return elements.map((value) => ({ op: "add", path: `${path}/${list}/-`, value }));
}

function entered(metadata: Json | undefined, map: string, key: string): PatchOperation[] {
  const value = objectOf(member(metadata, map));
  return [{ op: "add", path: `/metadata/${map}`, value: { ...value, [key]: "true" } }];
}

/** What the other injector put into a stored pod. */
export function otherPart(pod: JsonObject): JsonObject {
  const { annotations, labels } = objectOf(pod.metadata);
  const named = (list: string) =>
    objectsOf(member(pod.spec, list)).filter(({ name }) => text(name).startsWith("other-"));
  const containers = objectsOf(member(pod.spec, "containers"));
  return {
    annotations: ownEntries(annotations),
    labels: ownEntries(labels),
    containers: named("containers"),
    initContainers: named("initContainers"),
    volumes: named("volumes"),
    environment: containers.map(({ name, env }) => [name, objectsOf(env).filter(isOther)] as Json),
  };
}

function ownEntries(map: Json | undefined): JsonObject {
  return Object.fromEntries(Object.entries(stringMapOf(map)).filter(([key]) => key.startsWith("other.example/")));
}

function isOther({ name }: JsonObject): boolean {
  return name === ENVIRONMENT.name;
}

/** The pod as if the other injector had not been there. */
export function withoutOtherPart(pod: JsonObject): JsonObject {
  const metadata = objectOf(pod.metadata);
  const spec = objectOf(pod.spec);
  const rest = (list: string) => objectsOf(member(spec, list)).filter(({ name }) => !text(name).startsWith("other-"));
  return {
    annotations: withoutParents(without(metadata.annotations)),
    labels: without(metadata.labels),
    ...spec,
    containers: rest("containers").map((container) => {
      const { env, ...members } = container;
      const left = objectsOf(env).filter((entry) => !isOther(entry));
      return { ...members, ...(left.length > 0 && { env: left }) };
    }),
    initContainers: rest("initContainers"),
    volumes: rest("volumes"),
  };
}

function without(map: Json | undefined): JsonObject {
  return Object.fromEntries(Object.entries(stringMapOf(map)).filter(([key]) => !key.startsWith("other.example/")));
}

/** Which of the two made a list that both need is the one thing in our record that depends on their order. */
function withoutParents(annotations: JsonObject): JsonObject {
  const record = annotations[RECORD_KEY];
  if (typeof record !== "string") return annotations;
  return { ...annotations, [RECORD_KEY]: { ...(JSON.parse(record) as JsonObject), parents: [] } };
}
