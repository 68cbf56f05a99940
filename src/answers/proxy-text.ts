import { ANSWER_LIMITS } from "./limits.ts";
import { count, plain, titleOf } from "./plain-text.ts";
import { differs, PROXY_SECTIONS, type ProxyReport } from "./proxy-report.ts";
import { isAlike, type ProxyResource, type Standing } from "./proxy-state.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const WORDS: Readonly<Record<Standing, string>> = {
  same: "",
  other: "has another version",
  missing: "has not got it",
  warming: "waits with it: something that it needs is still to come",
  "left over": "still has it, and nobody sends it any more",
  "not known": "",
};

/** Where Envoy has something else than was sent, first; then the pod, and what it has. */
export function proxyText(report: ProxyReport, paint: Paint): string {
  const { pod, workload, resources, section, hints, notes } = report;
  const different = resources.filter((one) => !isAlike(one));
  return [
    headline(report, paint),
    ...different.flatMap((one) => differenceLines(one, paint)),
    "",
    paint("bold", plain(`Pod ${pod.namespace}/${pod.name}`)),
    ...facts(report).map(([label, text]) => `  ${label.padEnd(11)}${plain(text)}`),
    ...(workload.kind === "Pod" ? [] : [`  ${"workload".padEnd(11)}${plain(`${workload.kind}/${workload.name}`)}`]),
    "",
    ...(section === null ? summaryLines(report) : resources.flatMap((one) => resourceLines(one, paint))),
    ...(section === null || resources.length > 0 ? [""] : [`no ${section}`, ""]),
    ...hints.map((hint) => `${paint("bold", "hint")}: ${plain(hint)}`),
    ...notes.map((note) => `${paint("yellow", "note")}: ${plain(note)}`),
    "",
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function headline(report: ProxyReport, paint: Paint): string {
  if (!report.asked) return paint("yellow", "what its Envoy has is not known; this is what it is sent");
  const { summary } = report;
  const parts = PROXY_SECTIONS.flatMap((section) =>
    summary[section].different === 0 ? [] : [`${summary[section].different} of ${summary[section].all} ${section}`],
  );
  return differs(report)
    ? paint("red", `Envoy has something else than it is sent: ${parts.join(", ")}`)
    : paint("green", "Envoy has what it is sent");
}

function facts({ node, mesh, mode, connected, injectedBy }: ProxyReport): readonly (readonly [string, string])[] {
  return [
    ["is", node === null ? "no node of a mesh" : `${titleOf(node)} of Mesh ${mesh ?? ""}`],
    ["gets", mode === "serve" ? "what the mesh says" : "nothing of the mesh: its traffic passes through"],
    ["connected", connected],
    ["sidecar", injectedBy === null ? "none of Outrigger's" : `of Outrigger ${injectedBy}`],
  ];
}

function differenceLines(one: ProxyResource, paint: Paint): readonly string[] {
  const { type, what, standing, refusal, name } = one;
  return [
    `  ${paint("red", "!")} ${type}  ${plain(what)}: Envoy ${WORDS[standing]}${what === name ? "" : paint("dim", `  (${plain(name)})`)}`,
    ...(refusal === "" ? [] : [`      it refused a newer one: ${plain(refusal)}`]),
  ];
}

function summaryLines({ summary, pod }: ProxyReport): readonly string[] {
  return [
    ...PROXY_SECTIONS.map((section) => `  ${String(summary[section].all).padStart(4)} ${section}`),
    "",
    plain(`each of them: outrigger proxy ${pod.name} -n ${pod.namespace} ${PROXY_SECTIONS.join("|")}`),
  ];
}

function resourceLines({ what, name, details, standing, refusal }: ProxyResource, paint: Paint): readonly string[] {
  const state = WORDS[standing] === "" ? "" : paint("red", `  Envoy ${WORDS[standing]}`);
  const shown = details.slice(0, ANSWER_LIMITS.printedNeighbours);
  const more = details.length - shown.length;
  return [
    `${paint("bold", plain(what))}${what === name ? "" : paint("dim", `  ${plain(name)}`)}${state}`,
    ...(refusal === "" ? [] : [`  ${paint("red", "refused a newer one")}: ${plain(refusal)}`]),
    ...shown.map((line) => `  ${line.startsWith("  ") ? "  " : ""}${plain(line)}`),
    ...(more > 0 ? [`  and ${count(more, "line")} more: --output json shows all`] : []),
  ];
}
