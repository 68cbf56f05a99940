import { type JsonObject, member, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { text } from "./api-object.ts";

/** What a stored pod says about its sidecar. */
export interface Sidecar {
  /** `mesh/<mesh>/virtualNode/<node>`, out of the bootstrap: what Envoy will call itself. */
  readonly nodeId: string;
  /** The environment of `proxyinit`: which traffic is redirected. Empty where there is no such container. */
  readonly capture: Readonly<Record<string, string>>;
}

/** The sidecar of a pod; undefined when it has neither container nor record of ours. Throws when it has only one of the two. */
export function sidecarOf(pod: JsonObject): Sidecar | undefined {
  const annotations = stringMapOf(member(pod.metadata, "annotations"));
  const args = member(containerOf(pod, "envoy"), "args");
  const isRecorded = RECORD_KEY in annotations;
  if (!isRecorded && args === undefined) return undefined;
  if (!isRecorded || !Array.isArray(args)) throw new Error(`a record of injection without an Envoy, or the reverse`);
  const bootstrap = JSON.parse(text(args[args.indexOf("--config-yaml") + 1])) as { node: { id: string } };
  const env = objectsOf(member(containerOf(pod, "proxyinit"), "env"));
  return {
    nodeId: bootstrap.node.id,
    capture: Object.fromEntries(env.map(({ name, value }) => [text(name), text(value)])),
  };
}

export function containerOf(pod: JsonObject, name: string): JsonObject | undefined {
  return ["initContainers", "containers"]
    .flatMap((list) => objectsOf(member(pod.spec, list)))
    .find((container) => container.name === name);
}

/** Names of a list's elements: `namesIn(pod, "containers")`. */
export function namesIn(pod: JsonObject, list: "containers" | "initContainers" | "volumes"): readonly string[] {
  return objectsOf(member(pod.spec, list)).map(({ name }) => text(name));
}
