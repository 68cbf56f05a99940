import { hostPort } from "../../model/host-port.ts";
import type { ObjectRef } from "../../model/mesh-object.ts";
import { count, plain, plainList } from "../plain-text.ts";
import type { TriedRoute } from "./chosen-route.ts";
import type {
  CallerStep,
  GatewayRouteStep,
  Message,
  RequestExplanation,
  Retries,
  RoutesStep,
  SeenOutcome,
  TargetStep,
} from "./explanation.ts";
import {
  idleText,
  lengthText,
  limitsText,
  shareText,
  statusText,
  timeText,
  tlsText,
  unansweredText,
} from "./explanation-words.ts";
import { isGrpcType } from "./grpc-status.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

/** A label, and the lines that it is for. */
type Section = readonly [label: string, ...lines: readonly string[]];

const WIDTH = "time-outs".length;
/** Routes that did not match are printed so far; JSON has all. */
const PRINTED_ROUTES = 30;

/** From top to bottom what a request meets; the last line is what becomes of it. */
export function explanationText(explanation: RequestExplanation, paint: Paint): string {
  const { gatewayRoute, routes, targets, seen, served, notes } = explanation;
  const what = messageOf(explanation);
  const sections: readonly Section[] = [
    ["from", callerText(explanation.caller)],
    ...connectionSections(explanation),
    ...(gatewayRoute === null ? [] : [gatewaySection(gatewayRoute, paint)]),
    ...serviceSections(explanation),
    ...(routes === null ? [] : routesSections(routes, paint)),
    ...(targets.length === 0 ? [] : [["targets", ...targets.flatMap((target) => targetLines(target, paint))] as const]),
    ...(routes?.timeouts == null ? [] : timeSections(explanation, routes.timeouts, what)),
    ...(seen === null ? [] : [["app sees", plain(`${seen.method} ${seen.path}, host ${seen.authority}`)] as const]),
  ];
  return [
    paint("bold", requestText(explanation)),
    ...sections.flatMap(([label, first = "", ...others]) => [
      `${label.padEnd(WIDTH)} ${first}`,
      ...others.map((line) => `${" ".repeat(WIDTH)} ${line}`),
    ]),
    ...notes.map((note) => `${paint("yellow", "note")}: ${plain(note)}`),
    ...outcomeLines(shortOutcome(explanation), what, paint, "=>"),
    ...(served === null ? [] : outcomeLines(served, what, paint, "=> if it were served:")),
    "",
  ].join("\n");
}

function messageOf({ connection, request }: RequestExplanation): Message {
  if (connection?.kind === "tcp") return "connection";
  const type = request.headers.find(({ name }) => name === "content-type")?.value;
  return isGrpcType(type) ? "call of gRPC" : "request";
}

function requestText({ request }: RequestExplanation): string {
  const { method, scheme, authority, host, port, path } = request;
  const called = hostPort(request);
  if (authority === null || path === null) return plain(`TCP ${called}`);
  const isCalled = authority === host || authority === called || `${authority}:${port}` === called;
  const to = isCalled ? "" : ` (to ${called})`;
  return plain(`${method} ${scheme}://${authority}${path}${to}`);
}

function callerText({ workload, namespace, object, name, mesh, mode, past }: CallerStep): string {
  const who = workload === null ? "" : `${workload}, namespace ${namespace}: `;
  if (object === null || name === null) return plain(`${who}${past ?? "nobody in the mesh"}`);
  const kind = object.kind === "VirtualGateway" ? "virtual gateway" : "virtual node";
  const end = mode === "serve" ? "" : ", which only observes";
  return plain(`${who}${kind} ${name} (${placeOf(object)}) of mesh ${mesh}${end}`);
}

function connectionSections({ connection, service }: RequestExplanation): readonly Section[] {
  switch (connection?.kind) {
    case "http":
      return service === null ? [["port", `${connection.port}: routes of HTTP decide by the host`]] : [];
    case "tcp":
      return [
        ["port", `${connection.port}: TCP, the whole connection is for virtual service ${plain(connection.service)}`],
      ];
    default:
      return [];
  }
}

function serviceSections({ service, routes }: RequestExplanation): readonly Section[] {
  if (service === null) return [];
  const { name, object, router, provider } = service;
  const port = routes === null ? "" : `, port ${routes.port}`;
  const by = { none: "without a provider", node: "provided by a virtual node", router: "provided by a virtual router" };
  return [
    ["service", plain(`virtual service ${name} (${placeOf(object)})${port}, ${by[provider]}`)],
    ...(router === null
      ? []
      : [["router", plain(`virtual router ${router.name} (${placeOf(router.object)})`)] as const]),
  ];
}

function gatewaySection(step: GatewayRouteStep, paint: Paint): Section {
  const { tried, untried, route, path, authority } = step;
  const lines = triedLines(tried, untried, paint);
  const rewritten = route === null ? [] : [plain(`sends on ${path}, host ${authority}`)];
  return ["gateway", ...lines, ...rewritten];
}

function routesSections({ tried, untried, route }: RoutesStep, paint: Paint): readonly Section[] {
  // the one route of a node that provides a service takes everything
  if (route === "") return [];
  const lines = triedLines(tried, untried, paint);
  return lines.length === 0 ? [] : [["routes", ...lines]];
}

function triedLines(tried: readonly TriedRoute[], untried: readonly string[], paint: Paint): readonly string[] {
  const shown = tried.length > PRINTED_ROUTES ? tried.slice(-PRINTED_ROUTES) : tried;
  const hidden = tried.length - shown.length;
  return [
    ...(hidden === 0 ? [] : [`${count(hidden, "route")} before these, not matching either: --output json shows all`]),
    ...shown.map(({ name, asks, unmet }) =>
      unmet.length === 0
        ? `${paint("green", "✓")} route ${plain(name)}: ${plain(asks.join(", "))}`
        : `${paint("red", "✗")} route ${plain(name)}: ${plain(unmet.join("; "))}`,
    ),
    ...(untried.length === 0 ? [] : [paint("dim", `  not asked: ${plainList(untried)}`)]),
  ];
}

function targetLines(target: TargetStep, paint: Paint): readonly string[] {
  const { share, name, object, port, protocol, problem, timeouts, limits } = target;
  const percent = shareText(share);
  if (object === null) return [`${percent} ${paint("red", plain(`nobody: ${problem ?? ""}`))}`];
  const indent = " ".repeat(percent.length);
  return [
    `${percent} ${plain(`virtual node ${name} (${placeOf(object)}), port ${port}, ${protocol}`)}`,
    `${indent} ${plain(discoveryText(target))}`,
    `${indent} ${plain(tlsText(target.tls))}`,
    ...(timeouts === null
      ? []
      : [`${indent} its own time-outs: ${protocol === "tcp" ? idleText(timeouts.idle) : timeText(timeouts)}`]),
    ...(limits === null ? [] : [`${indent} its own limits: ${limitsText(limits, protocol)}`]),
    ...(problem === null ? [] : [`${indent} ${paint("red", plain(problem))}`]),
  ];
}

function discoveryText({ discovery: { kind, what, members } }: TargetStep): string {
  const how = {
    dns: `found by DNS: ${what}`,
    endpoints: `found by the endpoints of Service ${what}`,
    cloudMap: `found as ${what} of Cloud Map`,
    static: `found by its ${what}`,
    none: "found nowhere",
  }[kind];
  if (members === null) return how;
  const named = members.named.length === 0 ? "" : `: ${plainList(members.named, members.all)}`;
  return `${how}; ${members.ready} of ${members.all} ready${named}`;
}

type CallerTimeouts = NonNullable<RoutesStep["timeouts"]>;

function timeSections(
  { routes, targets }: RequestExplanation,
  timeouts: CallerTimeouts,
  what: Message,
): readonly Section[] {
  const { perRequest, idle, perTry } = timeouts;
  const together = unansweredLines(targets, what);
  if (what === "connection") return [["time-outs", `at the caller: ${idleText(idle)}`, ...together]];
  const each = perTry === 0 ? "" : `, ${lengthText(perTry)} a try`;
  return [
    ["time-outs", `at the caller: ${timeText({ perRequest, idle })}${each}`, ...together],
    ["retries", retriesText(routes?.retries ?? null)],
  ];
}

/** What the time-outs of both ends come to, where targets differ of each. */
function unansweredLines(targets: readonly TargetStep[], what: Message): readonly string[] {
  const known = targets.flatMap(({ name, unanswered }) =>
    unanswered === null || name === null ? [] : [{ name, unanswered }],
  );
  const alike = Map.groupBy(known, ({ unanswered }) => unansweredText(unanswered, what));
  return [...alike].map(([text, of]) => {
    const names = alike.size === 1 ? "" : ` of ${plainList(of.map(({ name }) => name))}`;
    return `${what === "connection" ? "a connection" : "an app"}${names} ${text}`;
  });
}

function retriesText(retries: Retries | null): string {
  if (retries === null) return "none";
  const { times, on, statuses, isStandard } = retries;
  const conditions = [...(statuses.length === 0 ? [] : [`status ${statuses.join(", ")}`]), ...on].join(", ");
  return `${times} after the first try, on ${conditions}${isStandard ? " (App Mesh's standard)" : ""}`;
}

function outcomeLines(outcome: SeenOutcome, what: Message, paint: Paint, arrow: string): readonly string[] {
  switch (outcome.kind) {
    case "answered":
      return [`${arrow} ${answeredText(outcome, what, paint)}`];
    case "status": {
      const line = `${statusText(outcome.status, outcome.grpcStatus)} from Envoy: ${outcome.why}`;
      return [`${arrow} ${paint("red", plain(line))}`, ...hintLines(outcome.help, paint)];
    }
    case "closed":
      return [`${arrow} ${paint("red", plain(`closed by Envoy: ${outcome.why}`))}`, ...hintLines(outcome.help, paint)];
    case "unsent":
      return [
        `${arrow} ${paint("red", plain(`sent by nobody${because(outcome.why)}`))}`,
        ...hintLines(outcome.help, paint),
      ];
    case "passes":
      return [`${arrow} ${paint("yellow", plain(`leaves the mesh to ${outcome.to}${because(outcome.why)}`))}`];
  }
}

/** Without a reason that the line of the caller gives. */
function shortOutcome({ caller, outcome }: RequestExplanation): SeenOutcome {
  const isSaid = caller.name === null && "why" in outcome && outcome.why === caller.past;
  return isSaid ? { ...outcome, why: "" } : outcome;
}

function because(why: string): string {
  return why === "" ? "" : `: ${why}`;
}

function hintLines(help: string, paint: Paint): readonly string[] {
  return help === "" ? [] : [`   ${paint("bold", "hint")}: ${plain(help)}`];
}

type Answered = Extract<SeenOutcome, { kind: "answered" }>;

function answeredText({ shares, grpcStatus }: Answered, what: Message, paint: Paint): string {
  const [first] = shares;
  const good = shares.filter(({ why }) => why === null);
  const bad = shares.filter(({ why }) => why !== null);
  if (shares.length === 1 && first !== undefined)
    return paint("green", `answered by virtual node ${plain(first.node ?? "")}`);
  const nodes = good.map(({ share, node }) => `${plain(node ?? "")} (${shareText(share)})`).join(", ");
  const answered = paint("green", `answered by virtual node${good.length === 1 ? "" : "s"} ${nodes}`);
  const failing = bad.map(
    ({ share, node, why }) => `${shareText(share)}${node === null ? "" : ` for ${plain(node)}`}: ${plain(why ?? "")}`,
  );
  return bad.length === 0
    ? answered
    : `${answered}; ${paint("red", `${what === "connection" ? "closed" : statusText(503, grpcStatus)} for ${failing.join(", ")}`)}`;
}

function placeOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}
