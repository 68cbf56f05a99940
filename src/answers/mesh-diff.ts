import { CloudMap } from "../graph/cloud-map.ts";
import type { MeshGraph, ViewRef } from "../graph/graph.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import type { Member } from "../graph/registry.ts";
import type { MeshView } from "../graph/view.ts";
import type { RegisteredPod } from "../model/cloud-map.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { keyOf, type ObjectRef, refOf } from "../model/mesh-object.ts";
import type { ProxyTraits } from "../model/proxy-traits.ts";
import type { ServicePort } from "../model/services.ts";
import { namedEndpoints } from "../xds/translate/content.ts";
import { endpointsNamed, endpointsOfView } from "../xds/translate/endpoints.ts";
import type { ResourceType } from "../xds/types.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";
import { type MeshProblem, meshProblems } from "./mesh-problems.ts";
import { type EndpointsOfName, type ProxySettings, proxyContent, type ToldResource } from "./proxy-content.ts";
import { resourceWords } from "./resource-words.ts";
import { routeChanges } from "./route-changes.ts";

/** A running pod with a sidecar, before and after. */
export interface DiffedPod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** What it is in its mesh; undefined: nothing, so that its traffic passes through. */
  readonly before: ViewRef | undefined;
  readonly after: ViewRef | undefined;
  readonly traits: ProxyTraits;
}

/** What of a cluster stays as it is. */
export interface Surroundings {
  readonly settings: GraphSettings;
  readonly proxies: ProxySettings;
  readonly pods: readonly DiffedPod[];
  /** All pods that nodes may register in Cloud Map. */
  readonly registered: readonly { readonly namespace: string; readonly name: string; readonly pod: RegisteredPod }[];
  readonly members: (port: ServicePort) => readonly Member[];
}

/** One resource of Envoy that comes, changes or goes. */
export interface ResourceChange {
  readonly change: "comes" | "changes" | "goes";
  readonly type: ResourceType;
  readonly name: string;
  /** In App Mesh's words. */
  readonly what: string;
  /** The objects that it comes from and that are changed. */
  readonly because: readonly ObjectRef[];
  /** Of routes: what was, and what is. */
  readonly details: readonly string[];
}

/** Pods of one workload whose proxies change in one way. */
export interface ChangedProxies {
  readonly namespace: string;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly pods: readonly string[];
  /** Null: none, so that traffic passes through. */
  readonly before: ViewRef | null;
  readonly after: ViewRef | null;
  readonly resources: readonly ResourceChange[];
}

export interface MeshDiff {
  /** Sorted by namespace, workload and node. */
  readonly proxies: readonly ChangedProxies[];
  /** Pods with a sidecar whose proxies stay as they are. */
  readonly unchanged: number;
  /** Nodes and gateways without a proxy that would be configured otherwise. */
  readonly withoutPods: readonly ViewRef[];
  /** Problems that were not there before, and those that are no longer there. */
  readonly appearing: readonly MeshProblem[];
  readonly ending: readonly MeshProblem[];
}

/**
 * What the proxies of a cluster get before and after: the same functions as the control plane's, so that it pushes to those that are named and to
 * nobody else. `changed`: keys of the objects that are others.
 */
export function meshDiff(
  before: MeshContents,
  after: MeshContents,
  changed: ReadonlySet<string>,
  around: Surroundings,
): MeshDiff {
  const [was, becomes] = [before, after].map((contents) => sideOf(contents, around)) as [Side, Side];
  const groups = Map.groupBy(around.pods, groupKey);
  const proxies: ChangedProxies[] = [];
  let unchanged = 0;
  for (const group of groups.values()) {
    const [pod] = group;
    if (pod === undefined) continue;
    const resources = resourceChanges(pod, was, becomes, changed);
    if (resources.length === 0) {
      unchanged += group.length;
      continue;
    }
    const pods = group.map(({ name }) => name).toSorted(compareTexts);
    const { namespace, workload } = pod;
    proxies.push({
      namespace,
      workload,
      pods,
      before: pod.before ?? null,
      after: pod.after ?? null,
      resources,
    });
  }
  const taken = new Set(around.pods.flatMap(({ after: node }) => (node === undefined ? [] : [keyOf(node)])));
  return {
    proxies: proxies.toSorted((a, b) => compareTexts(orderOf(a), orderOf(b))),
    unchanged,
    withoutPods: otherViews(was.graph, becomes.graph).filter((ref) => !taken.has(keyOf(ref))),
    ...problemChanges(before, after),
  };
}

/** A mesh on one side of the change. */
interface Side {
  readonly graph: MeshGraph;
  readonly proxies: ProxySettings;
  readonly endpointsOf: EndpointsOfName;
}

function sideOf(contents: MeshContents, { settings, proxies, registered, members }: Surroundings): Side {
  const graph = meshGraph(contents, settings);
  let cloudMap: CloudMap | undefined;
  // most meshes have nobody in it
  const instances = (): CloudMap => {
    cloudMap ??= cloudMapOf(graph, registered);
    return cloudMap;
  };
  const endpointsOf = (name: string) =>
    namedEndpoints(name, { members, instances: (query) => instances().instances(query) });
  return { graph, proxies, endpointsOf };
}

/** Who is registered by the nodes of a mesh. */
export function cloudMapOf(graph: MeshGraph, registered: Surroundings["registered"]): CloudMap {
  const cloudMap = new CloudMap();
  for (const { namespace, name, pod } of registered) cloudMap.setPod(namespace, name, pod);
  for (const node of graph.list("VirtualNode")) {
    const ref = refOf(node);
    cloudMap.setRegistration(ref, graph.registration(ref));
  }
  return cloudMap;
}

function resourceChanges(
  pod: DiffedPod,
  was: Side,
  becomes: Side,
  changed: ReadonlySet<string>,
): readonly ResourceChange[] {
  const views = [viewOf(was, pod.before), viewOf(becomes, pod.after)] as const;
  if (isAlike(...views)) return [];
  const [before, after] = [contentOf(was, pod.before, pod), contentOf(becomes, pod.after, pod)];
  const words = resourceWords(views[1], views[0]);
  const details = routeChanges(...views);
  const entry = (change: ResourceChange["change"], { type, name, resource }: ToldResource): ResourceChange => {
    const because = (resource?.origins ?? [])
      .map((origin) => origin as ObjectRef)
      .filter((ref) => changed.has(keyOf(ref)));
    return {
      change,
      type,
      name,
      what: words(type, name),
      because,
      details: change === "changes" && type === "route" ? details(name) : [],
    };
  };
  return [
    ...[...after].flatMap(([key, told]) => {
      const old = before.get(key);
      if (old === undefined) return [entry("comes", told)];
      return old.version === told.version ? [] : [entry("changes", told)];
    }),
    ...[...before].flatMap(([key, told]) => (after.has(key) ? [] : [entry("goes", told)])),
  ];
}

function viewOf({ graph }: Side, node: ViewRef | undefined): MeshView | undefined {
  return node && graph.view(node);
}

/** Whether nothing can be another: equal hashes mean equal views, and who is registered in Cloud Map stands in none. */
function isAlike(before: MeshView | undefined, after: MeshView | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  const isSame = keyOf(before.object) === keyOf(after.object) && before.hash === after.hash;
  return isSame && endpointsOfView(after).every((name) => endpointsNamed(name).of.kind === "service");
}

function contentOf({ graph, proxies, endpointsOf }: Side, node: ViewRef | undefined, { traits }: DiffedPod) {
  return proxyContent(graph, node, traits, proxies, endpointsOf);
}

/** Nodes and gateways that have another view, one that is to be served. */
function otherViews(was: MeshGraph, becomes: MeshGraph): readonly ViewRef[] {
  return becomes.views().flatMap(({ object, mode, hash }) => {
    const ref = object as ViewRef;
    return mode === "serve" && was.view(ref)?.hash !== hash ? [ref] : [];
  });
}

function problemChanges(before: MeshContents, after: MeshContents): Pick<MeshDiff, "appearing" | "ending"> {
  const [was, becomes] = [before, after].map((contents) => meshProblems({ ...contents, reports: [] }).problems);
  const [old, now] = [was, becomes].map((problems) => new Set(problems?.map(problemKey)));
  return {
    appearing: (becomes ?? []).filter((problem) => old?.has(problemKey(problem)) === false),
    ending: (was ?? []).filter((problem) => now?.has(problemKey(problem)) === false),
  };
}

function problemKey({ code, object, path, message }: MeshProblem): string {
  return JSON.stringify([code, keyOf(object), path, message]);
}

function groupKey({ namespace, workload, before, after, traits }: DiffedPod): string {
  const [was, becomes] = [before, after].map((node) => (node === undefined ? "" : keyOf(node)));
  return JSON.stringify([namespace, workload.kind, workload.name, was, becomes, traits]);
}

function orderOf({ namespace, workload, after, before }: ChangedProxies): string {
  const node = after ?? before;
  return [namespace, workload.kind, workload.name, node === null ? "" : keyOf(node)].join("\u0000");
}
