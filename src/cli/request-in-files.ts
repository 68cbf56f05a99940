import type { Around } from "../answers/explain-request/around.ts";
import type { Caller, CallerProxy } from "../answers/explain-request/explain-request.ts";
import { meshGraph } from "../answers/mesh-contents.ts";
import type { PastTheSidecar } from "../answers/reachable.ts";
import { configuration } from "../config/schema.ts";
import { podCapture } from "../diagnose/facts/pod-capture.ts";
import { ALL_READ, podNode } from "../diagnose/facts/pod-node.ts";
import { sidecarOf } from "../diagnose/facts/sidecar.ts";
import type { MeshGraph, ViewRef } from "../graph/graph.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import { applyPatch } from "../inject/json-patch.ts";
import type { Workload } from "../manifest/workloads.ts";
import { CLUSTER_DOMAIN } from "../model/cluster-dns.ts";
import { unreadableObject } from "./described-object.ts";
import { CommandError } from "./exit.ts";
import { decideWorkload, type InjectionSetting, injectionInput } from "./inject-workload.ts";
import { meshInFiles } from "./mesh-in-files.ts";
import { type ParsedInput, partsOf, surroundingObjects } from "./parsed-input.ts";
import { callerAt, type NamedCaller, namedCaller, noSuchCaller } from "./request-caller.ts";
import { afterApply, perhapsUnread, unread } from "./unusable-objects.ts";

/** Who sends a request, and the mesh that it is sent in. */
export interface RequestSetting {
  readonly caller: Caller;
  readonly around: Around;
  /** Sentences for a person: what had to be assumed. */
  readonly notes: readonly string[];
  /** Whether everything that is asked could be read. */
  readonly isWhole: boolean;
}

/** Files are applied to be served, where they do not say otherwise. */
const SETTINGS: GraphSettings = { mesh: "serve", accountId: "", clusterDomain: CLUSTER_DOMAIN, discovery: "dns" };

export const NOTHING_PAST: PastTheSidecar = { ignoredPorts: [], ignoredIps: [] };

/** What files say, as if just these were applied to an empty cluster. Throws CommandError where they have no such caller. */
export function requestInFiles(
  inputs: readonly ParsedInput[],
  from: string,
  namespace: string,
  release: string,
): RequestSetting {
  const mesh = meshInFiles(inputs, namespace);
  const { contents, refused } = afterApply(mesh);
  const left = unread(mesh);
  const graph = meshGraph(contents, SETTINGS);
  const named = namedCaller(from, namespace);
  const around: Around = {
    graph,
    services: contents.services,
    clusterDomain: CLUSTER_DOMAIN,
    knows: "files",
    membersOf: () => undefined,
  };
  const workloads = workloadsIn(inputs, namespace);
  try {
    const caller = callerIn(named, namespace, graph, workloads, inputs, release);
    if (caller.proxy.kind === "member") refuseUnknownObject(caller.proxy.object, graph);
    return { caller, around, notes: [...left, ...refused, ...mesh.notes], isWhole: left.length === 0 };
  } catch (error) {
    throw error instanceof CommandError && error.code === "usage" ? perhapsUnread(error, left) : error;
  }
}

function workloadsIn(inputs: readonly ParsedInput[], namespace: string): readonly Workload[] {
  return inputs.flatMap((input) =>
    [...partsOf(input)].flatMap((part) =>
      part.kind === "document"
        ? part.workloads.filter((workload) => (workload.namespace ?? namespace) === namespace)
        : [],
    ),
  );
}

function callerIn(
  named: NamedCaller,
  namespace: string,
  graph: MeshGraph,
  workloads: readonly Workload[],
  inputs: readonly ParsedInput[],
  release: string,
): Caller {
  if (named.kind === "object") {
    const { object } = named;
    const proxy: CallerProxy = { kind: "member", object, past: NOTHING_PAST };
    return { workload: undefined, namespace: object.namespace, proxy };
  }
  const workload = workloads.find(({ kind, name }) => kind.toLowerCase() === named.type && name === named.name);
  if (workload === undefined) {
    const known = workloads.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
    throw noSuchCaller(named.shown, namespace, [...known, ...objectsIn(graph, namespace)]);
  }
  return { workload: named.shown, namespace, proxy: proxyOf(workload, inputs, namespace, release) };
}

/** Throws CommandError where there is no such node or gateway, or where it cannot be read. */
export function refuseUnknownObject(object: ViewRef, graph: MeshGraph): void {
  if (graph.standing(object) !== undefined) return;
  const faults = graph.problems(object);
  if (faults.length > 0) throw unreadableObject(object, faults);
  throw noSuchCaller(
    `${object.kind.toLowerCase()}/${object.name}`,
    object.namespace,
    objectsIn(graph, object.namespace),
  );
}

/** The nodes and gateways of a namespace, as `--from` takes them. */
export function objectsIn(graph: MeshGraph, namespace: string): readonly string[] {
  return (["VirtualNode", "VirtualGateway"] as const).flatMap((kind) =>
    graph
      .list(kind)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map(({ metadata }) => `${kind.toLowerCase()}/${metadata.name}`),
  );
}

/** What the sidecar of a workload's pods is, as injection decides it with a standard configuration. */
function proxyOf(workload: Workload, inputs: readonly ParsedInput[], namespace: string, release: string): CallerProxy {
  const setting: InjectionSetting = {
    objects: surroundingObjects(inputs),
    assumptions: {
      namespace,
      namespaceLabel: { kind: "enabled-unless-found" },
      owner: undefined,
      trust: { kind: "later" },
    },
    configuration: configuration(),
    release,
  };
  const result = decideWorkload(workload, setting);
  const pod = result.outcome === "inject" ? applyPatch(workload.pod, result.patch) : workload.pod;
  if (result.outcome !== "inject" && sidecarOf(pod).kind === "none") {
    if (result.outcome === "deny") {
      return { kind: "refused", why: `its pods would be refused (${result.message}), so there are none` };
    }
    const why = `its pods get no sidecar (${result.message}), so nothing of the mesh touches its traffic`;
    return { kind: "outside", why };
  }
  const node = podNode(injectionInput(workload, setting), ALL_READ);
  return callerAt(node, podCapture(pod));
}
