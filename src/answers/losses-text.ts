import { ANSWER_LIMITS } from "./limits.ts";
import type { LossesReport, ReportedWorkload } from "./losses-report.ts";
import { count, plain, plainList } from "./plain-text.ts";
import type { ReachedService } from "./reachable.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const HELP = [
  "what helps: what an app calls of that goes into the backends of its VirtualNode, with a VirtualService of that name; or past its sidecar,",
  "by the annotations appmesh.k8s.aws/egressIgnoredPorts and egressIgnoredIPs on pods that are created again; or spec.egressFilter.type:",
  "ALLOW_ALL on the Mesh lets everything else out as it came. What its apps really call nobody here knows: what passes through leaves no record.",
];

/** Workload by workload what it would lose, then those that lose nothing; the same of those that are served already; then what helps. */
export function lossesText({ summary, workloads, served, notes }: LossesReport, paint: Paint): string {
  const isHelped = [...workloads, ...served].some(({ outcome }) => outcome === "loses");
  return [
    ...groupLines(workloads, "loses", paint),
    ...(served.length > 0 ? [paint("bold", "served already, so that this is how it is now:"), ""] : []),
    ...groupLines(served, "cannot reach", paint),
    ...(isHelped ? [...HELP.map((line) => paint("dim", line)), ""] : []),
    ...notes.map((note) => `${paint("yellow", "note")}: ${plain(note)}`),
    summaryLine(summary, paint),
    "",
  ].join("\n");
}

function groupLines(
  workloads: readonly ReportedWorkload[],
  verb: "loses" | "cannot reach",
  paint: Paint,
): readonly string[] {
  const of = (outcome: ReportedWorkload["outcome"]) => workloads.filter((one) => one.outcome === outcome);
  const losing = of("loses");
  const shown = losing.slice(0, ANSWER_LIMITS.printedWorkloads);
  const more = losing.length - shown.length;
  const kept = verb === "loses" ? "nothing is lost" : "reaches everything";
  return [
    ...shown.flatMap((workload) => [...losingLines(workload, verb, paint), ""]),
    ...(more > 0 ? [`and ${count(more, "workload")} more: --output json shows all, -n some`, ""] : []),
    ...named(`${kept} (ALLOW_ALL, or a gateway)`, of("keeps")),
  ];
}

function losingLines(workload: ReportedWorkload, verb: "loses" | "cannot reach", paint: Paint): readonly string[] {
  const { node, mesh, pods, reaches, lost, lostServices, hasEgressFilter } = workload;
  const filter = hasEgressFilter ? "DROP_ALL" : `DROP_ALL, as Mesh ${mesh} has no egressFilter`;
  const few = plainList(lost, lostServices);
  const services = lostServices === 0 ? "" : `${count(lostServices, "Service")} of the cluster (${few}), and `;
  const outside = verb === "loses" ? "everything outside of the cluster" : "anything outside of the cluster";
  const is = `${node.kind} ${node.namespace}/${node.name} of Mesh ${mesh}`;
  return [
    `${paint("bold", plain(title(workload)))}  ${count(pods, "pod")}, ${plain(is)}`,
    `  ${plain(filter)}: reaches ${reached(reaches, workload)}`,
    `  ${paint(verb === "loses" ? "red" : "yellow", verb)} ${services}${outside}`,
  ];
}

function reached(reaches: readonly ReachedService[], { ignoredPorts, ignoredIps }: ReportedWorkload): string {
  const backends = reaches.map(({ name, ports }) => `${name} (${ports.join(", ") || "without a provider"})`);
  const past = [
    ...(ignoredPorts.length > 0 ? [`port ${plainList(ignoredPorts)}`] : []),
    ...(ignoredIps.length > 0 ? [plainList(ignoredIps)] : []),
  ];
  return [
    backends.length === 0 ? "no backend, as it has none" : plainList(backends),
    "*.amazonaws.com over TLS on port 443",
    ...(past.length > 0 ? [`past the sidecar ${past.join(" and ")}`] : []),
  ].join("; ");
}

function named(what: string, workloads: readonly ReportedWorkload[]): readonly string[] {
  return workloads.length === 0 ? [] : [`${what}: ${plainList(workloads.map(title))}`, ""];
}

function title({ namespace, kind, name }: ReportedWorkload): string {
  return `${namespace} ${kind}/${name}`;
}

function summaryLine({ losing, keeping, pods }: LossesReport["summary"], paint: Paint): string {
  const sum = losing + keeping;
  const counts = [
    ...(losing > 0 ? [`${losing} would lose destinations`] : []),
    ...(keeping > 0 ? [`${keeping} would lose nothing`] : []),
  ];
  const others = [
    ...(pods.served > 0 ? [`${count(pods.served, "pod")} served already`] : []),
    ...(pods.observed > 0 ? [`${count(pods.observed, "pod")} passing through as before`] : []),
    ...(pods.nobody > 0 ? [`${count(pods.nobody, "pod")} of no node`] : []),
  ];
  const whole =
    sum === 0 ? "no workload would be served that is not" : `${count(sum, "workload")}: ${counts.join(", ")}`;
  return paint(losing > 0 ? "red" : "green", [whole, ...others].join("; "));
}
