import type { CallerProxy } from "../answers/explain-request/explain-request.ts";
import type { PastTheSidecar } from "../answers/reachable.ts";
import type { PodNode } from "../diagnose/facts/pod-node.ts";
import type { ViewRef } from "../graph/graph.ts";
import { type Nearness, nearestOnes } from "../model/nearest.ts";
import { CommandError } from "./exit.ts";
import { liveKind } from "./live-target.ts";

/** What `--from` names. */
export type NamedCaller =
  | { readonly kind: "object"; readonly object: ViewRef }
  /** `type`: in small letters, such as `deployment`. */
  | { readonly kind: "workload"; readonly type: string; readonly name: string; readonly shown: string };

const OBJECTS = [
  ["VirtualNode", "virtualnode", "virtualnodes", "vn"],
  ["VirtualGateway", "virtualgateway", "virtualgateways", "vg"],
] as const;

/** Reads KIND/NAME, and of App Mesh's objects KIND/NAMESPACE/NAME, as other commands take and show them. Throws CommandError. */
export function namedCaller(text: string, namespace: string): NamedCaller {
  const [word = "", ...place] = text.split("/");
  // kubectl writes a group behind a kind: deployments.apps
  const [asked = ""] = word.toLowerCase().split(".");
  const [kind] = OBJECTS.find(([, ...names]) => names.some((one) => one === asked)) ?? [];
  const [name = "", own = namespace] = place.toReversed();
  if (asked === "" || name === "" || own === "" || place.length > (kind === undefined ? 1 : 2)) {
    const shown = JSON.stringify(text.slice(0, 200));
    throw new CommandError(
      "usage",
      `--from ${shown}: expected KIND/NAME of who sends the request, such as deployment/front, pod/front-7d4b9, virtualnode/front or virtualgateway/ingress; -n gives its namespace`,
    );
  }
  if (kind !== undefined) return { kind: "object", object: { kind, namespace: own, name } as ViewRef };
  // pods may have any kind of owner
  const type = liveKind(asked)?.toLowerCase() ?? asked;
  return { kind: "workload", type, name, shown: `${type}/${name}` };
}

const SLIP: Nearness = { longest: 253, oneIn: 4, always: 2 };

/** That nobody has this name, and who was perhaps meant. `known`: as KIND/NAME. `lacking`: what it would have to have, such as ` with a running pod`. */
export function noSuchCaller(shown: string, namespace: string, known: readonly string[], lacking = ""): CommandError {
  const sends = /^(?:service|services|svc)\//.test(shown) ? "a Service sends nothing, name who does: " : "";
  const near = nearestOnes(shown, known, SLIP).slice(0, 3);
  const named = near.length > 0 ? near : known.slice(0, 8);
  const more = near.length === 0 && known.length > named.length ? " and more" : "";
  const help =
    known.length === 0
      ? "nobody who could send a request is there; -n gives another namespace"
      : `${near.length > 0 ? "did you mean" : "there is"} ${named.join(", ")}${more}${near.length > 0 ? "?" : ""}`;
  return new CommandError("usage", `there is no ${shown}${lacking} in namespace ${namespace}: ${sends}${help}`);
}

/** What the sidecar of a pod that is this node sends. `past`: what of its traffic is not redirected to it. */
export function callerAt(node: PodNode, past: PastTheSidecar): CallerProxy {
  switch (node.kind) {
    case "node":
      return { kind: "member", object: node.object, past };
    case "nobody":
      return {
        kind: "outside",
        why: [
          `its sidecar goes by the name ${node.name}, which no VirtualNode has, so its traffic passes through`,
          ...node.near,
        ].join("; "),
      };
    case "unresolved":
      return { kind: "outside", why: `which virtual node it is cannot be told: ${node.problem}` };
    case "unknown":
      return { kind: "outside", why: `which virtual node it is cannot be told: ${node.why}` };
  }
}
