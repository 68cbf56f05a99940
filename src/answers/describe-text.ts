import { KIND_FACTS, KINDS } from "../model/kinds.ts";
import type { DescribedPod, Neighbour } from "./describe.ts";
import type { DescribedProblem, DescribeReport } from "./describe-report.ts";
import { type DescribedRoute, type DescribedService, describedTargets } from "./described-routes.ts";
import { ANSWER_LIMITS } from "./limits.ts";
import { count, plain, plainList, titleOf } from "./plain-text.ts";
import { SEVERITY_COLORS, type Severity } from "./severity.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

/** An object section by section; a section without anything is left out. */
export function describeText(report: DescribeReport, paint: Paint): string {
  const { object, uses, usedBy, services, routes, reaches, pods, conditions, problems, notes } = report;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [paint("bold", title), ...shortened(lines).map((line) => `  ${line}`), ""];
  return [
    paint("bold", titleOf(object)),
    ...aligned(facts(report)).map((line) => `  ${line}`),
    "",
    ...section("uses", aligned(uses.map(neighbourCells), paintMissing(uses, paint))),
    ...section("used by", aligned(usedBy.map(neighbourCells))),
    ...section(object.kind === "VirtualService" ? "serves" : "may call", services.flatMap(serviceLines)),
    ...section("routes", aligned(routes.map(routeCells))),
    ...section("is part of what these get", reaches.length === 0 ? [] : [plainList(reaches.map(titleOf))]),
    ...section("pods", podLines(pods ?? [], paint)),
    ...section("proxies", proxyLines(report, paint)),
    ...section(
      "conditions",
      aligned(
        conditions.map(({ type, status, reason = "", message = "" }) => [type, status, reason, message].map(plain)),
      ),
    ),
    ...section(
      "problems",
      problems.flatMap((problem) => problemLines(problem, paint)),
    ),
    ...notes.map((note) => `${paint("yellow", "note")}: ${plain(note)}`),
    summaryLine(problems, paint),
    "",
  ].join("\n");
}

function facts(report: DescribeReport): string[][] {
  const { object, mesh, awsName, hasName, mode, listeners, foundBy, egressFilter, members, pods } = report;
  const isMesh = object.kind === "Mesh";
  const name = hasName || awsName === "" ? awsName : `${awsName}, which is another object's: see its problems`;
  const counted = KINDS.flatMap((kind) => {
    const number = members[kind] ?? 0;
    return number === 0 ? [] : [`${number} ${number === 1 ? kind.toLowerCase() : KIND_FACTS[kind].plural}`];
  });
  return [
    ...(isMesh ? [] : [["Mesh", mesh ?? "none: see its problems"]]),
    ["is", mode === "serve" ? "served" : "observed: traffic passes through (outrigger serve switches)"],
    ...(name === "" ? [] : [["name in App Mesh", name]]),
    ...(listeners.length === 0 ? [] : [["listens", listenersText(report)]]),
    ...(foundBy === null ? [] : [["found by", foundBy]]),
    ...(egressFilter === null ? [] : [["egress filter", egressFilter]]),
    ...(isMesh ? [["members", counted.join(", ") || "none"]] : []),
    ...(pods === null ? [] : [["pods", podCounts(pods)]]),
  ].map((cells) => cells.map(plain));
}

function listenersText({ listeners, tls }: DescribeReport): string {
  const withTls = listeners.map((listener) => {
    const own = tls.find(({ port }) => listener.startsWith(`${port} `));
    if (own === undefined) return listener;
    return `${listener} with TLS (${own.mode}${own.asksClients ? ", asks clients for a certificate" : ""})`;
  });
  return withTls.join(", ");
}

function podCounts(pods: readonly DescribedPod[]): string {
  if (pods.length === 0) return "none: no replicas just now, or other labels than its podSelector asks for";
  const ready = pods.filter((pod) => pod.ready).length;
  const bare = pods.filter(({ sidecar }) => !sidecar).length;
  return `${pods.length}, ${ready} ready${bare === 0 ? "" : `, ${bare} without a sidecar: outrigger status says why`}`;
}

function neighbourCells({ relation, path, route, object, written, isUnreadable }: Neighbour): readonly string[] {
  const why = isUnreadable ? "(cannot be read)" : "(not there)";
  const name = object === null ? `${written} ${isGroup(written) ? "" : why}`.trim() : titleOf(object);
  const how = route === null ? "" : `route ${route.name}, weight ${route.weight}`;
  return [relation, name, how, path].map(plain);
}

/** `every VirtualService of namespace shop` is no object. */
function isGroup(written: string): boolean {
  return written.startsWith("every ");
}

function paintMissing(uses: readonly Neighbour[], paint: Paint): (line: string, index: number) => string {
  return (line, index) => {
    const use = uses[index];
    return use?.object === null && !isGroup(use.written) ? paint("red", line) : line;
  };
}

function serviceLines({ object, name, provider, routes }: DescribedService): readonly string[] {
  const by = provider === null ? "" : ` by ${titleOf(provider)}`;
  return [
    plain(`${name} (${titleOf(object)})${by}`),
    ...(routes.length === 0 ? [`  ${unrouted(provider)}`] : aligned(routes.map(routeCells)).map((line) => `  ${line}`)),
  ];
}

/** Why no request to a service gets anywhere. */
function unrouted(provider: DescribedService["provider"]): string {
  return provider === null
    ? "has no provider that is there: 404 on ports that are called over HTTP, on others as the egressFilter has it"
    : `nobody answers: no route of ${titleOf(provider)} is asked, see its problems`;
}

function routeCells(route: DescribedRoute): readonly string[] {
  const { name, ports, protocol, match } = route;
  const port = ports.length === 0 ? "" : `port ${ports.join(", ")}`;
  return [name, `${port} ${protocol}`.trim(), match, `-> ${describedTargets(route)}`].map(plain);
}

function podLines(pods: readonly DescribedPod[], paint: Paint): readonly string[] {
  return aligned(
    pods.map(({ namespace, name, workload, ready, sidecar }) => [
      plain(`${namespace}/${name}`),
      plain(`${workload.kind}/${workload.name}`),
      ready ? "ready" : "not ready",
      sidecar ? "" : "no sidecar",
    ]),
    (line, index) => (pods[index]?.sidecar === true ? line : paint("yellow", line)),
  );
}

function proxyLines({ proxies, mode }: DescribeReport, paint: Paint): readonly string[] {
  if (proxies === null || mode !== "serve") return [];
  const { connected, current, rejecting, isWhole } = proxies;
  if (connected === 0) return ["none that is connected has anything of it"];
  const behind = connected - current - rejecting;
  const parts = [
    `${current} of ${connected} have their newest version`,
    ...(behind > 0 ? [paint("yellow", `${behind} ${behind === 1 ? "is" : "are"} about to`)] : []),
    ...(rejecting > 0 ? [paint("red", `${rejecting} reject something of it, or of what they have beside it`)] : []),
  ];
  return [`${parts.join("; ")}${isWhole ? "" : " (at least: a report has no room for all)"}`];
}

function problemLines({ severity, code, path, message, help }: DescribedProblem, paint: Paint): readonly string[] {
  return [
    [paint(SEVERITY_COLORS[severity], severity), code, plain(path)].filter(Boolean).join("  "),
    `  ${plain(message)}`,
    `  ${paint("bold", "hint")}: ${plain(help)}`,
  ];
}

function summaryLine(problems: readonly DescribedProblem[], paint: Paint): string {
  const of = (severity: Severity): number => problems.filter((problem) => problem.severity === severity).length;
  const counts = (["error", "warning"] as const).flatMap((severity) =>
    of(severity) === 0 ? [] : [count(of(severity), severity)],
  );
  const color = of("error") > 0 ? "red" : of("warning") > 0 ? "yellow" : "green";
  const more = counts.length === 0 ? "" : "; what one means: outrigger problems --explain CODE";
  return paint(color, `${counts.join(", ") || "no problems"}${more}`);
}

/** Columns of equal width; `paint` colours a whole line. */
function aligned(
  rows: readonly (readonly string[])[],
  paint: (line: string, index: number) => string = (line) => line,
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row, index) => {
    const line = row.map((cell, column) => (widths[column] === 0 ? "" : `${cell.padEnd(widths[column] ?? 0)}  `));
    return paint(line.join("").trimEnd(), index);
  });
}

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - ANSWER_LIMITS.printedNeighbours;
  if (more <= 0) return lines;
  return [...lines.slice(0, ANSWER_LIMITS.printedNeighbours), `and ${more} more: --output json shows all`];
}
