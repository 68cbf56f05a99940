import { type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";
import {
  CAPTURE_CONTAINER,
  ENVOY_CONTAINER,
  EXPANDED_NAMES,
  IDENTITY_VOLUME,
  PORTS,
  TOKEN_AUDIENCE,
} from "../../model/names.ts";
import { type PatchOperation, pointer } from "../json-patch.ts";
import { probePath } from "../plan/probes.ts";
import { type ContainerView, describeContainer, type PodView, PROBES } from "../pod.ts";
import { SDS_VOLUME, secretVolumeName } from "../volume-names.ts";

/**
 * Parts of a sidecar of ours in a pod that has no record of it. `kubectl debug --copy-to` makes such pods: it copies the
 * containers and volumes and leaves annotations and labels out (kubectl's `KeepFlags`).
 */
export type Leftovers =
  | { readonly kind: "none" }
  /** All of it can be taken away, and nothing of the pod's own was changed. */
  | { readonly kind: "removable"; readonly patch: readonly PatchOperation[] }
  /** Something of the pod's own was changed, and only the record knew what it was. */
  | { readonly kind: "stuck"; readonly problem: string };

/** Finds what an earlier injection left in a pod without a record. Only parts with our own marks count. */
export function findLeftovers(pod: PodView): Leftovers {
  const all = [...pod.initContainers, ...pod.containers];
  const capture = all.find(isOurCapture);
  const envoy = all.find((container) => isOurEnvoy(container, capture !== undefined));
  const ours = all.filter(
    (container) => container === envoy || container === capture || (envoy !== undefined && isCapture(container)),
  );
  const volumes = pod.volumes.filter((volume) => isIdentity(volume) || isOnlyOurs(volume, all, ours));
  if (ours.length === 0 && !volumes.some(isIdentity)) return { kind: "none" };
  if (envoy !== undefined && isGateway(envoy)) {
    return { kind: "stuck", problem: `${describeContainer(envoy)} was filled in as a virtual gateway's` };
  }
  const probe = rewrittenProbe(pod.containers, pod.initContainers);
  if (probe !== undefined) {
    return { kind: "stuck", problem: `${probe} asks the sidecar, and what it asked before is not known any more` };
  }
  return { kind: "removable", patch: [...removals(pod, ours), ...volumeRemovals(pod, volumes)] };
}

function removals(pod: PodView, ours: readonly ContainerView[]): readonly PatchOperation[] {
  const one = (list: ContainerView["list"]) => ours.filter((container) => container.list === list);
  return (["initContainers", "containers"] as const).flatMap((list) =>
    // the last first, so that the positions of the others stay; an empty list is none
    one(list).length === listOf(member(pod.spec, list)).length && one(list).length > 0
      ? [{ op: "remove" as const, path: pointer("spec", list) }]
      : one(list)
          .map(({ index }) => index)
          .sort((a, b) => b - a)
          .map((index) => ({ op: "remove" as const, path: pointer("spec", list, index) })),
  );
}

function volumeRemovals(pod: PodView, volumes: readonly JsonObject[]): readonly PatchOperation[] {
  const list = listOf(member(pod.spec, "volumes"));
  if (volumes.length > 0 && volumes.length === list.length) return [{ op: "remove", path: pointer("spec", "volumes") }];
  return volumes
    .map((volume) => list.indexOf(volume))
    .sort((a, b) => b - a)
    .map((index) => ({ op: "remove", path: pointer("spec", "volumes", index) }));
}

/** The variable is read by our program only; AWS's program and their injector's container know the others. */
function isOurCapture(container: ContainerView): boolean {
  return isCapture(container) && hasVariable(container, "OUTRIGGER_CAPTURE_BACKEND");
}

function isCapture(container: ContainerView): boolean {
  return container.name === CAPTURE_CONTAINER && hasVariable(container, "APPMESH_ENVOY_INGRESS_PORT");
}

/** Stock Envoy with our bootstrap and its names; AWS's image, which looks like their injector's, only beside our own program. */
function isOurEnvoy(container: ContainerView, besideOurCapture: boolean): boolean {
  if (container.name !== ENVOY_CONTAINER) return false;
  const hasBootstrap = listOf(member(container.raw, "args")).includes("--config-yaml");
  if (hasBootstrap && EXPANDED_NAMES.some((name) => hasVariable(container, name))) return true;
  return besideOurCapture && hasVariable(container, "APPMESH_RESOURCE_ARN");
}

function isGateway(envoy: ContainerView): boolean {
  return listOf(member(envoy.raw, "args")).some((argument) => stringOf(argument)?.includes("/virtualGateway/"));
}

function hasVariable(container: ContainerView, name: string): boolean {
  return objectsOf(member(container.raw, "env")).some((entry) => entry["name"] === name);
}

function isIdentity(volume: JsonObject): boolean {
  return (
    volume["name"] === IDENTITY_VOLUME &&
    objectsOf(member(member(volume, "projected"), "sources")).some(
      (source) => member(member(source, "serviceAccountToken"), "audience") === TOKEN_AUDIENCE,
    )
  );
}

/** A secret's or the SDS socket's, as we name them, and mounted by nobody else. */
function isOnlyOurs(volume: JsonObject, all: readonly ContainerView[], ours: readonly ContainerView[]): boolean {
  const secret = stringOf(member(member(volume, "secret"), "secretName"));
  const isSocket = volume["name"] === SDS_VOLUME && member(volume, "hostPath") !== undefined;
  if (!isSocket && (secret === undefined || volume["name"] !== secretVolumeName(secret))) return false;
  const mounts = ({ raw }: ContainerView) =>
    objectsOf(member(raw, "volumeMounts")).some((mount) => mount["name"] === volume["name"]);
  return ours.some(mounts) && !all.some((container) => !ours.includes(container) && mounts(container));
}

function rewrittenProbe(...lists: readonly (readonly ContainerView[])[]): string | undefined {
  for (const container of lists.flat()) {
    const probe = PROBES.find((name) => {
      const action = member(member(container.raw, name), "httpGet");
      return member(action, "port") === PORTS.status && member(action, "path") === probePath(container.name, name);
    });
    if (probe !== undefined) return `${describeContainer(container)} ${probe}`;
  }
  return undefined;
}
