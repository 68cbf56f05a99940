import type { ViewRef } from "../graph/graph.ts";
import { decidedProxies, objectsIn, rejectionProblem, rejectionsIn } from "../graph/rejections.ts";
import type { MeshView } from "../graph/view.ts";
import { durationText } from "../model/duration-text.ts";
import { type JsonObject, member } from "../model/json.ts";
import { keyOf } from "../model/mesh-object.ts";
import { ENVOY_CONTAINER } from "../model/names.ts";
import type { ProxyTraits } from "../model/proxy-traits.ts";
import type { ReplicaReport } from "../model/replica-report.ts";
import { namedEndpoints } from "../xds/translate/content.ts";
import type { HeldResource } from "./config-dump.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";
import { cloudMapOf, type Surroundings } from "./mesh-diff.ts";
import { proxyContent } from "./proxy-content.ts";
import { type ProxyReport, type ProxySection, proxyReport } from "./proxy-report.ts";
import { isAlike, proxyState } from "./proxy-state.ts";
import { resourceWords } from "./resource-words.ts";

/** What is known of a pod with a sidecar of ours. */
export interface AskedProxy {
  readonly pod: {
    readonly namespace: string;
    readonly name: string;
    readonly traits: ProxyTraits;
    /** Undefined unless its deletion was asked for. */
    readonly deletion: number | undefined;
  };
  readonly workload: { readonly kind: string; readonly name: string };
  readonly sidecar: { readonly kind: string; readonly release?: string };
  readonly identity:
    | { readonly kind: "resolved"; readonly object: ViewRef | undefined; readonly id: string }
    | { readonly kind: "unresolved"; readonly problem: string; readonly injectedAs: ViewRef | undefined };
  readonly mesh: MeshContents;
  readonly around: Omit<Surroundings, "pods">;
  readonly stream:
    | { readonly behind: { readonly type: string; readonly since: string } | null; readonly types: JsonObject }
    | "none"
    | "unknown";
  readonly reports: readonly ReplicaReport[];
  readonly held:
    | { readonly kind: "read"; readonly value: readonly HeldResource[] }
    | { readonly kind: "absent" }
    | { readonly kind: "refused"; readonly what: string }
    | { readonly kind: "failed"; readonly why: string };
  /** Release of the control plane; undefined: not known. */
  readonly release: string | undefined;
  readonly notes: readonly string[];
}

/** What a pod's Envoy has beside what it is sent, with what helps. */
export function proxyAnswer(
  asked: AskedProxy,
  section: ProxySection | undefined,
  release: string,
  now: Date,
): ProxyReport {
  const { pod, identity, mesh, around, held } = asked;
  const graph = meshGraph(mesh, around.settings);
  const node = identity.kind === "resolved" ? identity.object : identity.injectedAs;
  const view = node && graph.view(node);
  const cloudMap = cloudMapOf(graph, around.registered);
  const traits = pod.deletion === undefined ? pod.traits : { ...pod.traits, leaving: true };
  const told = proxyContent(graph, node, traits, around.proxies, (name) =>
    namedEndpoints(name, { members: around.members, instances: (query) => cloudMap.instances(query) }),
  );
  const resources = proxyState(
    told,
    held.kind === "read" ? held.value : undefined,
    resourceWords(view),
    hasListeners(asked.stream),
  );
  const facts = {
    pod: { namespace: pod.namespace, name: pod.name },
    workload: asked.workload,
    node: node ?? null,
    mesh: view?.mesh.object.name ?? null,
    mode: view?.mode === "serve" ? ("serve" as const) : ("pass-through" as const),
    connected: connectedIn(asked.stream),
    injectedBy: asked.sidecar.release ?? null,
    asked: held.kind === "read",
  };
  const isDifferent = resources.some((one) => !isAlike(one));
  const hints = [
    ...nodeHints(asked, view),
    ...(asked.stream === "none"
      ? ["it is not connected, so that it keeps what it has: outrigger status names what keeps it from connecting"]
      : []),
    ...behindHints(asked, now),
    ...(isDifferent ? rejections(asked, view) : []),
    ...(isDifferent && asked.release !== undefined && asked.release !== release
      ? [
          `the control plane is of release ${asked.release}, this is ${release}: what differs may be what the other sends`,
        ]
      : []),
  ];
  const notes = [...asked.notes, ...unasked(held)];
  return proxyReport(facts, resources, section, { hints, notes }, release, now);
}

/** Whether its stream has all listeners acknowledged, and none rejected. */
export function hasListeners(stream: AskedProxy["stream"]): boolean {
  if (typeof stream !== "object") return false;
  const state = stream.types["listener"];
  const frozen = member(state, "frozen");
  return (
    member(state, "waiting") === false &&
    member(state, "accepted") !== "" &&
    Array.isArray(frozen) &&
    frozen.length === 0
  );
}

function connectedIn(stream: AskedProxy["stream"]): "yes" | "no" | "not known" {
  if (stream === "unknown") return "not known";
  return stream === "none" ? "no" : "yes";
}

/** Shows too in what Envoy has, but not for how long. */
function behindHints({ stream, pod }: AskedProxy, now: Date): readonly string[] {
  if (typeof stream !== "object" || stream.behind === null) return [];
  const { type, since } = stream.behind;
  const age = durationText(Math.max(0, now.getTime() - Date.parse(since)));
  const cause = type === "cluster" ? "a name that DNS does not answer holds up all clusters, or it hangs" : "it hangs";
  return [
    `it has not acknowledged the newest ${type} for ${age}: ${cause}; kubectl logs ${pod.name} -c ${ENVOY_CONTAINER} -n ${pod.namespace} says more`,
  ];
}

function nodeHints({ identity }: AskedProxy, view: MeshView | undefined): readonly string[] {
  if (identity.kind === "unresolved") return [`which node it is nobody can say: ${identity.problem}`];
  if (identity.object === undefined) {
    return [
      `no VirtualNode or VirtualGateway is called as it is (${identity.id}): create one, or let its podSelector select the pod`,
    ];
  }
  if (view === undefined) {
    return [
      `${keyOf(identity.object)} is in no mesh, or its name is another's: outrigger describe ${keyOf(identity.object)} says why`,
    ];
  }
  if (view.mode === "serve") return [];
  return [`Mesh ${view.mesh.object.name} is observed here: outrigger serve switches`];
}

/** What proxies say of the objects that the view comes from. */
function rejections({ reports, mesh, around }: AskedProxy, view: MeshView | undefined): readonly string[] {
  if (view === undefined) return [];
  const graph = meshGraph(mesh, around.settings);
  const own = objectsIn(view);
  const found = rejectionsIn(reports, () => decidedProxies(reports, (ref) => graph.view(ref)));
  return [...found].flatMap(([key, rejection]) =>
    own.has(key) ? [`${key}: ${rejectionProblem(rejection, "counts").message}`] : [],
  );
}

function unasked(held: AskedProxy["held"]): readonly string[] {
  switch (held.kind) {
    case "read":
    case "absent":
      return [];
    case "refused":
      return [`its Envoy could not be asked: you are not allowed to ${held.what}`];
    case "failed":
      return [`its Envoy could not be asked: ${held.why}`];
  }
}
