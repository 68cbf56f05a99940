import type { ViewRef } from "../../graph/graph.ts";
import type { MeshView } from "../../graph/view.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { hostPort } from "../../model/host-port.ts";
import type { PastTheSidecar } from "../reachable.ts";
import type { Around } from "./around.ts";
import type { CallerStep, Outcome, RequestExplanation, SeenOutcome, ShownRequest } from "./explanation.ts";
import { type Found, NOTHING_FOUND } from "./found.ts";
import { fromGateway } from "./from-gateway.ts";
import { fromNode } from "./from-node.ts";
import { grpcStatusOf, isCallOfGrpc } from "./grpc-status.ts";
import type { SentRequest } from "./sent-request.ts";

/** Who sends a request. */
export interface Caller {
  /** Such as `deployment/front`; undefined: the node or gateway itself was named. */
  readonly workload: string | undefined;
  readonly namespace: string;
  readonly proxy: CallerProxy;
}

export type CallerProxy =
  /** What leaves past the sidecar is known of a workload alone. */
  | { readonly kind: "member"; readonly object: ViewRef; readonly past: PastTheSidecar }
  /** A sidecar that is nobody in the mesh, or none at all: a sentence. */
  | { readonly kind: "outside"; readonly why: string }
  /** The pods are not let in, so that nobody sends anything: a sentence. */
  | { readonly kind: "refused"; readonly why: string };

/**
 * What one request meets, from its caller to the app: read off the very messages that the control plane sends to the proxies of both
 * ends. Pure.
 */
export function explainRequest(sent: SentRequest, caller: Caller, around: Around): RequestExplanation {
  const request = shownRequest(sent);
  const view = caller.proxy.kind === "member" ? around.graph.view(caller.proxy.object) : undefined;
  const step = callerStep(caller, view);
  if (view === undefined) {
    const why = step.past ?? "";
    const outcome: Outcome =
      caller.proxy.kind === "refused"
        ? { kind: "unsent", why, help: "correct the workload: the API server refuses its pods until then" }
        : passes(sent, why);
    return { request, caller: step, ...NOTHING_FOUND, outcome: { ...outcome, grpcStatus: null }, served: null };
  }
  const found = foundFor(sent, caller, view, around);
  const own = seenBy(sent, found);
  if (view.mode === "serve") return { request, caller: step, ...found, outcome: own, served: null };
  const outcome = { ...observed(sent, view, step.past ?? ""), grpcStatus: null };
  return { request, caller: step, ...found, outcome, served: own };
}

/** What becomes of a request while the mesh is only observed: an app's goes where it was going, and a gateway has nothing that it could pass on to. */
function observed(sent: SentRequest, { kind, object }: MeshView, why: string): Outcome {
  if (kind === "virtualNode") return passes(sent, why);
  return { kind: "closed", why, help: `to serve it: outrigger serve namespace/${object.namespace}` };
}

function foundFor(sent: SentRequest, { proxy }: Caller, view: MeshView, around: Around): Found {
  if (view.kind === "virtualGateway") return fromGateway(sent, view, around);
  const past = proxy.kind === "member" ? proxy.past : { ignoredPorts: [], ignoredIps: [] };
  return fromNode(sent, view, past, around);
}

function seenBy(sent: SentRequest, { connection, outcome }: Found): SeenOutcome {
  // of a connection that is passed on as bytes nobody knows what they are
  const status = connection?.kind === "http" ? ownStatus(outcome) : undefined;
  return { ...outcome, grpcStatus: status !== undefined && isCallOfGrpc(sent) ? grpcStatusOf(status) : null };
}

/** With which Envoy answers by itself; undefined: it answers nothing. */
function ownStatus(outcome: Outcome): number | undefined {
  switch (outcome.kind) {
    case "status":
      return outcome.status;
    case "answered":
      return outcome.shares.some(({ why }) => why !== null) ? 503 : undefined;
    case "closed":
    case "unsent":
    case "passes":
      return undefined;
  }
}

function callerStep({ workload, namespace, proxy }: Caller, view: MeshView | undefined): CallerStep {
  const common = { workload: workload ?? null, namespace };
  if (proxy.kind !== "member") {
    return { ...common, object: null, name: null, mesh: null, mode: null, past: proxy.why };
  }
  if (view === undefined) {
    const why = `${proxy.object.kind} ${proxy.object.namespace}/${proxy.object.name} is in no mesh, or its name is another object's, so its traffic passes through`;
    return { ...common, object: proxy.object, name: null, mesh: null, mode: null, past: why };
  }
  const { name, mode } = view;
  const mesh = view.mesh.name;
  const then = view.kind === "virtualNode" ? "its traffic passes through" : "the gateway does not listen";
  const past = mode === "serve" ? null : `Mesh ${view.mesh.object.name} only observes here, so ${then}`;
  return { ...common, object: proxy.object, name, mesh, mode, past };
}

function passes(sent: SentRequest, why: string): Outcome {
  return { kind: "passes", to: hostPort(sent), why };
}

function shownRequest(sent: SentRequest): ShownRequest {
  const { host, port } = sent;
  if (sent.kind === "tcp") {
    return { method: "TCP", scheme: "tcp", host, port, authority: null, path: null, headers: [] };
  }
  const { method, scheme, authority, path, headers } = sent;
  const shown = headers.map(({ name, value }) => ({ name, value: textOfBytes(value) }));
  return { method, scheme, host, port, authority: textOfBytes(authority), path, headers: shown };
}
