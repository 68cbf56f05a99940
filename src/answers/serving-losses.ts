import type { MeshGraph, ViewRef } from "../graph/graph.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import type { MeshView } from "../graph/view.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { keyOf } from "../model/mesh-object.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";
import { type AnnotationWrite, contentsWith, meshesIn } from "./mode-change.ts";
import { lostServices, type PastTheSidecar, type ReachedService, reachedServices } from "./reachable.ts";

/** A running pod with a sidecar. */
export interface SidecarPod extends PastTheSidecar {
  readonly namespace: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** What it is in its mesh; undefined: nothing, so that its traffic passes through whatever is served. */
  readonly node: ViewRef | undefined;
}

/** What becomes of a workload. */
export type WorkloadChange =
  /** The egress filter is `DROP_ALL`: it reaches its backends and nothing else. */
  | {
      readonly kind: "loses";
      /** Whether the Mesh says so; absent means the same. */
      readonly filter: "set" | "absent";
      readonly reaches: readonly ReachedService[];
      /** Services of the cluster, as `namespace/name[:ports]`. */
      readonly lost: readonly string[];
    }
  /** The egress filter is `ALLOW_ALL`, or it is a gateway, which calls nothing of its own. */
  | { readonly kind: "keeps" };

/** Pods of one workload to which the same happens. */
export interface ChangedWorkload extends Pick<SidecarPod, "namespace" | "workload">, PastTheSidecar {
  readonly pods: number;
  readonly node: ViewRef;
  /** Name of its Mesh. */
  readonly mesh: string;
  readonly change: WorkloadChange;
}

/** What a change of annotations does, in one direction or the other. */
export interface ModeChangeEffect {
  /** Workloads that would be served and are not, sorted. */
  readonly served: readonly ChangedWorkload[];
  /** What would no longer be served, and is. */
  readonly observed: { readonly workloads: number; readonly pods: number };
  /** How many pods stay as they are: served, or passing through. */
  readonly unchanged: { readonly served: number; readonly observed: number };
  /** Pods with a sidecar that are no node: their traffic passes through. */
  readonly nobody: number;
}

/**
 * What workloads that are served do not reach now; sorted.
 */
export function servedNow(
  contents: MeshContents,
  pods: readonly SidecarPod[],
  settings: GraphSettings,
): readonly ChangedWorkload[] {
  const graph = meshGraph(contents, settings);
  const filters = filtersOf(contents);
  const served = [...Map.groupBy(pods, groupKey).values()].flatMap((group): ChangedWorkload[] => {
    const [pod] = group;
    const view = pod && viewOf(graph, pod);
    if (pod?.node === undefined || view === undefined || graph.standing(pod.node)?.mode !== "serve") return [];
    return [changedWorkload(view, { ...pod, node: pod.node }, group.length, { contents, settings, filters })];
  });
  return served.toSorted((a, b) => compareTexts(orderOf(a), orderOf(b)));
}

/**
 * What annotations would change for the pods of a mesh: those that would be served, and what each workload would lose by that. It is what
 * the graph says of the contents before and after, so it is what the control plane would do.
 */
export function modeChangeEffect(
  contents: MeshContents,
  pods: readonly SidecarPod[],
  writes: readonly AnnotationWrite[],
  settings: GraphSettings,
): ModeChangeEffect {
  const before = meshGraph(contents, settings);
  const after = meshGraph(contentsWith(contents, writes), settings);
  const filters = filtersOf(contents);
  const served: ChangedWorkload[] = [];
  let nobody = 0;
  const observed = { workloads: 0, pods: 0 };
  const unchanged = { served: 0, observed: 0 };
  for (const group of Map.groupBy(pods, groupKey).values()) {
    const [pod] = group;
    if (pod === undefined) continue;
    const [was, becomes] = [before, after].map((graph) => viewOf(graph, pod));
    if (pod.node === undefined || was === undefined || becomes === undefined) {
      nobody += group.length;
      continue;
    }
    const [wasAsked, isAsked] = [before, after].map((graph) => graph.standing(pod.node as ViewRef)?.mode);
    if (isAsked === "serve" && wasAsked !== "serve") {
      const whole = { contents, settings, filters };
      served.push(changedWorkload(becomes, { ...pod, node: pod.node }, group.length, whole));
    } else if (was.mode === "serve" && becomes.mode !== "serve") {
      observed.workloads += 1;
      observed.pods += group.length;
    } else unchanged[becomes.mode === "serve" ? "served" : "observed"] += group.length;
  }
  return { served: served.toSorted((a, b) => compareTexts(orderOf(a), orderOf(b))), observed, unchanged, nobody };
}

/** What workloads are judged by. */
interface Whole {
  readonly contents: MeshContents;
  readonly settings: GraphSettings;
  readonly filters: ReturnType<typeof filtersOf>;
}

function filtersOf({ objects }: MeshContents) {
  return new Map(meshesIn(objects).map(({ metadata, spec }) => [metadata.name, spec.egressFilter]));
}

function changedWorkload(
  view: MeshView,
  pod: SidecarPod & { readonly node: ViewRef },
  pods: number,
  { contents, settings, filters }: Whole,
): ChangedWorkload {
  const { namespace, workload, node, ignoredPorts, ignoredIps } = pod;
  const mesh = view.mesh.object.name;
  const change = changeOf(view, pod, contents, settings, filters.get(mesh) === undefined ? "absent" : "set");
  return { namespace, workload, node, ignoredPorts, ignoredIps, pods, mesh, change };
}

function viewOf(graph: MeshGraph, { node }: SidecarPod): MeshView | undefined {
  return node && graph.view(node);
}

function changeOf(
  view: MeshView,
  past: PastTheSidecar,
  { services }: MeshContents,
  { clusterDomain }: GraphSettings,
  filter: "set" | "absent",
): WorkloadChange {
  if (view.kind === "virtualGateway" || view.egress === "ALLOW_ALL") return { kind: "keeps" };
  const lost = lostServices(view, services, past, clusterDomain);
  return { kind: "loses", filter, reaches: reachedServices(view), lost };
}

function groupKey({ namespace, workload, node, ignoredPorts, ignoredIps }: SidecarPod): string {
  const own = node === undefined ? "" : keyOf(node);
  return JSON.stringify([namespace, workload.kind, workload.name, own, ignoredPorts, ignoredIps]);
}

function orderOf({ namespace, workload, node }: ChangedWorkload): string {
  return [namespace, workload.kind, workload.name, node.name].join("\u0000");
}
