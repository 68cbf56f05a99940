import { type Json, type JsonObject, member, numberOf, objectsOf, stringMapOf, stringOf } from "../model/json.ts";

/** The probes of a container, in the order in which the kubelet begins with them. */
export const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;

/** Read-only access to the parts of a raw pod that the rules look at. Malformed parts read as absent. */
export interface PodView {
  readonly raw: JsonObject;
  readonly spec: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerView[];
  readonly initContainers: readonly ContainerView[];
  readonly volumes: readonly JsonObject[];
}

export interface ContainerView {
  readonly raw: JsonObject;
  readonly name: string;
  /** `containers` or `initContainers`, and the position there. */
  readonly list: "containers" | "initContainers";
  readonly index: number;
  readonly ports: readonly ContainerPort[];
  /** An init container with `restartPolicy: Always`: it runs beside the app. */
  readonly restartable: boolean;
}

export interface ContainerPort {
  readonly name: string | undefined;
  readonly port: number;
  readonly protocol: string;
}

export function podView(raw: JsonObject): PodView {
  const metadata = member(raw, "metadata");
  const spec = member(raw, "spec");
  return {
    raw,
    spec: (spec ?? {}) as JsonObject,
    labels: stringMapOf(member(metadata, "labels")),
    annotations: stringMapOf(member(metadata, "annotations")),
    containers: containerViews(member(spec, "containers"), "containers"),
    initContainers: containerViews(member(spec, "initContainers"), "initContainers"),
    volumes: objectsOf(member(spec, "volumes")),
  };
}

/** The containers that run at the same time as the app: its own, and restartable init containers. */
export function runningContainers(pod: PodView): readonly ContainerView[] {
  return [...pod.initContainers.filter((container) => container.restartable), ...pod.containers];
}

export function findContainer(containers: readonly ContainerView[], name: string): ContainerView | undefined {
  return containers.find((container) => container.name === name);
}

/** `spec.containers[2] (web)`: how messages point at a container. */
export function describeContainer(container: ContainerView): string {
  return `spec.${container.list}[${container.index}] (${container.name})`;
}

function containerViews(value: Json | undefined, list: ContainerView["list"]): ContainerView[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((raw, index) => {
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return [];
    return [
      {
        raw: raw as JsonObject,
        name: stringOf(member(raw, "name")) ?? "",
        list,
        index,
        ports: objectsOf(member(raw, "ports")).flatMap(containerPort),
        restartable: list === "initContainers" && member(raw, "restartPolicy") === "Always",
      },
    ];
  });
}

function containerPort(raw: JsonObject): ContainerPort[] {
  const port = numberOf(member(raw, "containerPort"));
  if (port === undefined) return [];
  return [{ name: stringOf(member(raw, "name")), port, protocol: stringOf(member(raw, "protocol")) ?? "TCP" }];
}
