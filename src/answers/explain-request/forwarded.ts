import type { MeshView, ServiceView } from "../../graph/view.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { count } from "../plain-text.ts";
import type { Around } from "./around.ts";
import { type ChosenRoute, outcomeOf } from "./chosen-route.ts";
import type { EnvoyRequest } from "./envoy-request.ts";
import type { Outcome, OutcomeShare, ServiceStep, TargetStep } from "./explanation.ts";
import { type Found, NOTHING_FOUND } from "./found.ts";
import { type MissingTarget, missingProvider, missingTargets, routesLeftOut } from "./missing-targets.ts";
import { isGrpc } from "./route-conditions.ts";
import { routesStep } from "./routes-step.ts";
import { targetSteps } from "./target-steps.ts";

interface Forwarding {
  readonly chosen: ChosenRoute;
  readonly service: ServiceView;
  readonly request: EnvoyRequest;
  readonly port: number;
  readonly view: MeshView;
  readonly around: Around;
}

/** What becomes of a request to a service, as its routes say it. */
export function forwarded({ chosen, service, request, port, view, around }: Forwarding): Omit<Found, "connection"> {
  const routes = routesStep(chosen, port);
  const common = { ...NOTHING_FOUND, service: serviceStep(service), routes };
  if (chosen.route === undefined) return { ...common, outcome: nothingTook(chosen, service, around) };
  const outcome = outcomeOf(chosen.route);
  if (outcome.kind === "status") {
    const named = chosen.route.name === "" ? "the service's route" : `route ${chosen.route.name}`;
    const why = `${named} has no target with a weight`;
    const help = "give one of its weightedTargets a weight above 0, and a node that is there";
    return { ...common, outcome: { kind: "status", status: outcome.status, why, help } };
  }
  const missing = missingTargets(service, port, chosen.route.name, around.graph);
  const targets = targetSteps(
    view,
    outcome.clusters,
    { kind: isGrpc(request) ? "call of gRPC" : "request", routes, missing },
    around,
  );
  const result = outcomeOfTargets(targets, missing, "http");
  const seen = { method: request.method, path: request.path, authority: textOfBytes(request.authority) };
  const notes = isGrpc(request) ? targets.flatMap(overHttp1) : [];
  return { ...common, notes, targets, seen: result.kind === "answered" ? seen : null, outcome: result };
}

/** Who answers, by shares; nobody: what Envoy does. */
export function outcomeOfTargets(
  targets: readonly TargetStep[],
  missing: readonly MissingTarget[],
  protocol: "http" | "tcp",
): Outcome {
  if (targets.some(({ problem }) => problem === null)) return { kind: "answered", shares: targets.map(shareOf) };
  const why = targets
    .map(({ name, problem }) => `${name === null ? "" : `virtual node ${name}: `}${problem}`)
    .join("; ");
  const own = missing.length === 1 && targets.length === 1 ? missing[0]?.help : undefined;
  const help = own ?? "see what is wrong with its targets: outrigger problems";
  if (protocol === "tcp") return { kind: "closed", why: why || "all weights are 0", help };
  return { kind: "status", status: 503, why, help };
}

/** Envoy passes a call on over HTTP/1.1, and its app is none of gRPC. */
function overHttp1({ name, port, protocol, problem }: TargetStep): readonly string[] {
  if (protocol !== "http" || problem !== null) return [];
  return [
    `port ${port} of virtual node ${name} speaks http, and gRPC needs HTTP/2: its app gets the call over HTTP/1.1, which servers of gRPC do not take; give the node's listener the protocol grpc`,
  ];
}

function shareOf({ share, name, problem }: TargetStep): OutcomeShare {
  // who is not there has a problem
  return problem === null ? { share, node: name ?? "", why: null } : { share, node: name, why: problem };
}

function nothingTook({ tried }: ChosenRoute, service: ServiceView, { graph }: Around): Outcome {
  const { name, provider } = service;
  if (provider.kind === "none") return { kind: "status", status: 404, ...missingProvider(service, graph) };
  const why =
    tried.length === 0
      ? `virtual service ${name} has no routes on this port`
      : `none of ${count(tried.length, "route")} takes it`;
  const [left, ...others] = routesLeftOut(service, graph);
  if (left !== undefined) {
    const all = [left, ...others].map((each) => each.why).join("; ");
    return { kind: "status", status: 404, why: `${why}; ${all}`, help: left.help };
  }
  const help = "add a route that takes it, such as one with prefix / and no priority, which is asked last";
  return { kind: "status", status: 404, why, help };
}

/** A service as it is shown. */
export function serviceStep({ name, object, provider }: ServiceView): ServiceStep {
  const router = provider.kind === "router" ? { name: provider.router.name, object: provider.router.object } : null;
  return { name, object, provider: provider.kind, router };
}
