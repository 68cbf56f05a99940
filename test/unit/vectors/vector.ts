import type { JsonObject } from "../../../src/model/json.ts";
import { annotationOf, containerOf, envOf, type Injected, namesOf, type Surroundings } from "../../pods.ts";

/**
 * A pod whose fate under the old programs is known, from their own unit tests or worked out from their source. Where the
 * outcome here is another one, the difference is declared, with what decides it; the documentation is written from that.
 */
export interface Vector {
  /** `V4`, or the old program's test and case. */
  readonly id: string;
  /** What it is about: a key, or a part of the pod. Groups the documentation. */
  readonly topic: Topic;
  readonly given: string;
  /** What the old program did; for a difference it names the program. */
  readonly old: string;
  readonly difference?: Difference;
  readonly pod: JsonObject;
  readonly surroundings: Surroundings;
  readonly observe: (outcome: Injected) => unknown;
  /** What is observed here: the old result, unless a difference is declared. */
  readonly expected: unknown;
}

export interface Difference {
  readonly ours: string;
  /** The rule, setting or bug (`I8`, `C20`) behind it. */
  readonly decidedBy: string;
}

/** In the order of the documentation. */
export const TOPICS = [
  "Who gets a sidecar",
  "The virtual node",
  "The mesh",
  "Ports and redirection",
  "Resources",
  "The `envoy` container",
  "Mounts and environment",
  "Tracing and statistics",
  "SDS",
  "Virtual gateways",
  "Other parts of the pod",
  "Calls of the webhook",
] as const;
export type Topic = (typeof TOPICS)[number];

interface Case {
  readonly pod: JsonObject;
  readonly surroundings?: Surroundings;
  readonly observe: Vector["observe"];
  readonly expected: unknown;
}

/** A vector with the old result. */
export function same(topic: Topic, id: string, given: string, old: string, rest: Case): Vector {
  return { topic, id, given, old, surroundings: {}, ...rest };
}

/** A vector with another result, and why. */
export function differs(
  topic: Topic,
  id: string,
  given: string,
  old: string,
  difference: Difference,
  rest: Case,
): Vector {
  return { topic, id, given, old, difference, surroundings: {}, ...rest };
}

/** `inject injected`, `deny bad-annotation`, … */
export const decision = ({ result }: Injected): unknown => `${result.outcome} ${result.reason}`;
export const names = ({ pod }: Injected): unknown => namesOf(pod);
export const node = ({ result }: Injected): unknown => result.settings?.role.name;

/** Some variables of a container; `undefined` for those that it does not have. */
export function env(container: string, ...variables: readonly string[]): Vector["observe"] {
  return ({ pod }) => {
    const all = envOf(containerOf(pod, container));
    return Object.fromEntries(variables.map((name) => [name, all[name]]));
  };
}

/** One member of a container. */
export function part(container: string, key: string): Vector["observe"] {
  return ({ pod }) => containerOf(pod, container)?.[key];
}

export function annotations(...keys: readonly string[]): Vector["observe"] {
  return ({ pod }) => Object.fromEntries(keys.map((key) => [key, annotationOf(pod, `appmesh.k8s.aws/${key}`)]));
}

/** A member below `spec` of the pod. */
export function spec(key: string): Vector["observe"] {
  return ({ pod }) => (pod["spec"] as JsonObject)[key];
}
