/**
 * Outrigger as a library: the engine of the webhook and the command line on plain data. Nothing here does I/O.
 *
 * ```ts
 * import { inject } from "outrigger";
 *
 * const { outcome, message, pod } = inject({ pod: myPod, configuration: { meshName: "my-mesh" } });
 * ```
 */
import { type Configuration, type ConfigurationInput, configuration as completed } from "./config/schema.ts";
import type { Decision } from "./inject/decision.ts";
import { inject as injectInput, refresh as refreshInput } from "./inject/inject.ts";
import type { InjectionInput } from "./inject/input.ts";
import { applyPatch, type PatchOperation } from "./inject/json-patch.ts";
import { type UninjectResult, uninject as uninjectPod } from "./inject/record/uninject.ts";
import type { NamespaceFacts, OwnerFacts } from "./model/facts.ts";
import type { JsonObject } from "./model/json.ts";
import { meshFacts, nodeFacts } from "./model/mesh-objects.ts";
import { INJECT_KEY } from "./model/names.ts";
import { controllerOf, ownerFacts } from "./model/owner.ts";
import { sharedNodes } from "./model/shared-nodes.ts";
import { RELEASE } from "./release.ts";

export type { Configuration, ConfigurationInput } from "./config/schema.ts";
export type { Outcome, Reason, RuleStep } from "./inject/decision.ts";
export { applyPatch, PatchError, type PatchOperation } from "./inject/json-patch.ts";
export type { LimitRangeFacts, NamespaceFacts, OwnerFacts, OwnerLink, QuotaFacts } from "./model/facts.ts";
export type { Json, JsonObject } from "./model/json.ts";

/** A pod and what is known around it; whatever is left out counts as neutral. */
export interface InjectionRequest {
  /** A pod, or a workload's pod template, as parsed JSON. It is never changed. */
  readonly pod: JsonObject;
  /** By default the pod's own, else `default`, labelled as enabled. Facts take the labels as they are. */
  readonly namespace?: string | NamespaceFacts;
  /** By default what the pod's owner references say. */
  readonly owner?: OwnerFacts;
  /** VirtualNode, VirtualGateway and Mesh objects to match against; nodes only of the pod's namespace. */
  readonly meshObjects?: readonly JsonObject[];
  readonly limitRanges?: InjectionInput["limitRanges"];
  readonly quotas?: InjectionInput["quotas"];
  /** PEM certificates of the mesh's authority. Without them the sidecar waits until someone adds them. */
  readonly trust?: string;
  /** Settings that differ from their defaults. */
  readonly configuration?: ConfigurationInput;
  /** Take out a sidecar that is there and put in an up-to-date one. */
  readonly refresh?: boolean;
}

/** What was decided and by which rules, without the engine's inner settings. */
export type Explanation = Pick<Decision, "outcome" | "reason" | "message" | "trace" | "warnings">;

export interface Injection extends Explanation {
  /** RFC 6902 operations on the given pod; empty unless the outcome is `inject`. */
  readonly patch: readonly PatchOperation[];
  /** The pod with the patch applied; the given one when there is nothing to do. */
  readonly pod: JsonObject;
}

export interface Uninjection extends UninjectResult {
  readonly pod: JsonObject;
}

/**
 * Decides about a pod and, where the answer is yes, puts its sidecar in. Pure and deterministic: the webhook and
 * `outrigger inject` give the same patch for the same facts. Throws a ZodError for settings that are not valid.
 */
export function inject(request: InjectionRequest): Injection {
  const input = injectionInput(request);
  const { patch, ...decision } = request.refresh === true ? refreshInput(input) : injectInput(input);
  const pod = patch.length === 0 ? request.pod : applyPatch(request.pod, patch);
  return { ...explanation(decision), patch, pod };
}

/** What {@link inject} would decide, and rule by rule why. */
export function explain(request: InjectionRequest): Explanation {
  return explanation(injectInput(injectionInput(request)));
}

/** Takes out what injection put in, as the pod's record says; `mismatch` when the pod no longer fits its record. */
export function uninject(pod: JsonObject): Uninjection {
  const result = uninjectPod(pod);
  return { ...result, pod: result.patch.length === 0 ? pod : applyPatch(pod, result.patch) };
}

/** All settings with their defaults filled in. Throws a ZodError that lists what is not valid. */
export function configuration(input: ConfigurationInput = {}): Configuration {
  return completed(input);
}

function explanation({ outcome, reason, message, trace, warnings }: Decision): Explanation {
  return { outcome, reason, message, trace, warnings };
}

function injectionInput(request: InjectionRequest): InjectionInput {
  const { pod, meshObjects = [], trust } = request;
  const namespace = namespaceOf(request);
  const all = (kind: string) => meshObjects.filter((object) => object.kind === kind).map(nodeFacts);
  const nodes = (kind: string) => all(kind).filter((node) => node.namespace === namespace.name);
  const meshes = meshObjects.filter((object) => object.kind === "Mesh").map(meshFacts);
  const candidates = [
    ...all("VirtualNode").map((object) => ({ kind: "virtualNode", object }) as const),
    ...all("VirtualGateway").map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  return {
    pod,
    request: { operation: "CREATE", dryRun: true, user: "" },
    namespace,
    owner: request.owner ?? ownerFacts(controllerOf(pod), { kind: "failed", reason: "its owner was not given" }),
    virtualNodes: nodes("VirtualNode"),
    virtualGateways: nodes("VirtualGateway"),
    // of other namespaces no labels are given: their nodes say their mesh, or are of the one that selects every namespace
    sharedNodes: sharedNodes(namespace, { candidates, meshes, labelsOf: () => ({}) }),
    meshes,
    limitRanges: request.limitRanges ?? [],
    quotas: request.quotas ?? [],
    trust: trust === undefined ? { kind: "later" } : { kind: "known", pem: trust },
    configuration: completed(request.configuration),
    release: RELEASE,
  };
}

function namespaceOf({ pod, namespace }: InjectionRequest): NamespaceFacts {
  if (typeof namespace === "object") return namespace;
  const metadata = pod.metadata as JsonObject | undefined;
  const name = namespace ?? metadata?.namespace;
  return { name: typeof name === "string" ? name : "default", labels: { [INJECT_KEY]: "enabled" }, annotations: {} };
}
