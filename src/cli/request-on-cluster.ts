import type { Around, MembersAsked } from "../answers/explain-request/around.ts";
import type { Caller, CallerProxy } from "../answers/explain-request/explain-request.ts";
import type { Members } from "../answers/explain-request/explanation.ts";
import { meshGraph } from "../answers/mesh-contents.ts";
import type { PodState } from "../diagnose/facts/pod-state.ts";
import type { ServingFacts } from "../diagnose/gather/serving.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import { sameObject } from "../model/mesh-object.ts";
import { callerAt, type NamedCaller, namedCaller, noSuchCaller } from "./request-caller.ts";
import { NOTHING_PAST, objectsIn, type RequestSetting, refuseUnknownObject } from "./request-in-files.ts";

/** What a cluster says of who sends a request, and of the mesh. Throws CommandError where there is no such caller. */
export function requestOnCluster(facts: ServingFacts, from: string, namespace: string): RequestSetting {
  const { mesh, setting, accountId, discovery, pods } = facts;
  const mode = setting.kind === "read" ? setting.value : "observe";
  const { clusterDomain } = mesh;
  const settings: GraphSettings = { mesh: mode, accountId, clusterDomain, discovery };
  const graph = meshGraph(mesh, settings);
  const named = namedCaller(from, namespace);
  const around: Around = {
    graph,
    services: mesh.services,
    clusterDomain,
    knows: "cluster",
    membersOf: (asked) => membersOf(asked, pods),
  };
  const here = pods.filter((pod) => pod.namespace === namespace);
  if (named.kind === "object") {
    refuseUnknownObject(named.object, graph);
    const proxy: CallerProxy = { kind: "member", object: named.object, past: NOTHING_PAST };
    const caller: Caller = { workload: undefined, namespace: named.object.namespace, proxy };
    return { caller, around, notes: facts.notes, isWhole: true };
  }
  const found = here.filter((pod) => isMeant(pod, named));
  const [first] = found;
  if (first === undefined) {
    const workloads = here.map(({ name, workload }) =>
      named.type === "pod" ? `pod/${name}` : `${workload.kind.toLowerCase()}/${workload.name}`,
    );
    const known = [...new Set(workloads), ...objectsIn(graph, namespace)];
    throw noSuchCaller(named.shown, namespace, known, " with a running pod");
  }
  const caller: Caller = { workload: named.shown, namespace, proxy: proxyOf(first) };
  return { caller, around, notes: [...facts.notes, ...severalNotes(found, named.shown)], isWhole: true };
}

function isMeant({ name, workload }: PodState, named: Extract<NamedCaller, { kind: "workload" }>): boolean {
  if (named.type === "pod") return name === named.name;
  return workload.kind.toLowerCase() === named.type && workload.name === named.name;
}

/** Pods of one workload may differ while it is rolled out. */
function severalNotes(pods: readonly PodState[], shown: string): readonly string[] {
  const kinds = new Set(pods.map(({ node, sidecar, capture }) => JSON.stringify([node, sidecar.kind, capture])));
  if (kinds.size < 2) return [];
  const [first] = pods;
  return [
    `the pods of ${shown} differ in node or sidecar: this is about pod/${first?.name ?? ""}, --from takes another one`,
  ];
}

function proxyOf({ sidecar, node, capture, now }: PodState): CallerProxy {
  switch (sidecar.kind) {
    case "ours":
      break;
    case "aws":
      return { kind: "outside", why: "its sidecar was put in for AWS App Mesh, which Outrigger does not configure" };
    case "unfit":
      return { kind: "outside", why: `its record of injection does not fit it: ${sidecar.problem}` };
    case "none":
      return {
        kind: "outside",
        why: `it has no sidecar (created now: ${now.outcome}, ${now.message}), so nothing of the mesh touches its traffic`,
      };
  }
  return callerAt(node, capture ?? NOTHING_PAST);
}

/** The pods that are a node. One that selects none may be outside of the cluster, or be found by a Service: then nothing is known. */
function membersOf({ object, discovery }: MembersAsked, pods: readonly PodState[]): Members | undefined {
  if (discovery.kind === "static" || discovery.kind === "none") return undefined;
  const own = pods.filter(({ node }) => node.kind === "node" && sameObject(object, node.object));
  if (own.length === 0) return undefined;
  const ready = own.filter((pod) => pod.ready);
  return {
    ready: ready.length,
    all: own.length,
    named: own
      .map(({ name }) => name)
      .toSorted()
      .slice(0, 8),
  };
}
