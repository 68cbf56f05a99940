import { member } from "../../model/json.ts";
import { count, some } from "../checks/check.ts";
import { type MeshMode, type MeshModes, meshModeText } from "../facts/mesh-mode.ts";
import { quoted } from "../facts/quoted.ts";
import { valueIn } from "../facts/reading.ts";
import { recreation } from "../facts/recreation.ts";
import type { StatusFacts } from "../facts/status-facts.ts";
import { VERDICTS, type Verdict } from "../facts/verdict.ts";
import type { PodStatus, WorkloadStatus } from "../facts/workload-status.ts";
import { oldNameOf, type Remark, red, streamRemarks } from "./stream-remarks.ts";
import { failureRemarks } from "./traffic-failures.ts";

/** What `outrigger status --output json` prints; the members stay, later releases may add some. */
export interface StatusReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  /** Pods by how they stand. */
  readonly summary: Readonly<Record<Verdict, number>>;
  readonly workloads: readonly WorkloadStatus[];
  readonly controlPlane: StatusFacts["streams"];
  readonly mesh: {
    /** `controlPlane.mesh`; null: not known. */
    readonly setting: MeshMode | null;
    /** What the annotation `outrigger.dev/mesh` says otherwise, or the same. */
    readonly annotated: MeshModes["annotated"];
    /** For a person; empty: not known. */
    readonly text: string;
  };
  readonly notes: readonly string[];
}

export function statusReport(
  { workloads, streams, meshModes, notes }: StatusFacts,
  release: string,
  now: Date,
): StatusReport {
  const summary = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  for (const { pods } of workloads) for (const { verdict } of pods) summary[verdict] += 1;
  const { setting, annotated } = meshModes;
  const mesh = { setting: valueIn(setting) ?? null, annotated, text: meshModeText(meshModes) ?? "" };
  return { format: 1, release, time: now.toISOString(), summary, workloads, controlPlane: streams, mesh, notes };
}

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const HEADINGS = ["NAMESPACE", "WORKLOAD", "PODS", "SIDECARS", "CONNECTED", "OUTRIGGER", "NODE"] as const;

/** A table of workloads, what is to be said about some of them below their line, and what is not known at the end. */
export function statusText({ workloads, summary, mesh, notes, time }: StatusReport, paint: Paint): string {
  const now = new Date(time);
  const rows = workloads.map((workload) => ({ cells: cellsOf(workload), remarks: remarksOf(workload, now) }));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const table = rows.flatMap(({ cells, remarks }) => [
    line(cells),
    ...remarks.flatMap(({ color, text, hint }) => [
      `  ${paint(color, "*")} ${text}`,
      ...(hint === undefined ? [] : [`    hint: ${hint}`]),
    ]),
  ]);
  const counts = VERDICTS.filter((verdict) => summary[verdict] > 0).map((verdict) => `${summary[verdict]} ${verdict}`);
  const pods = VERDICTS.reduce((sum, verdict) => sum + summary[verdict], 0);
  return [
    ...(rows.length === 0
      ? ["no running pods were seen in labelled namespaces"]
      : [paint("bold", line(HEADINGS)), ...table]),
    "",
    ...(pods === 0 ? [] : [`${count(pods, "pod")}: ${counts.join(", ")}`]),
    ...(mesh.text === "" ? [] : [`the mesh is ${mesh.text}`]),
    ...notes.map((note) => `${paint("yellow", "note")}: ${note}`),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function cellsOf({ namespace, kind, name, pods }: WorkloadStatus): readonly string[] {
  const ours = pods.flatMap(({ sidecar }) => (sidecar.kind === "ours" ? [sidecar] : []));
  const connected = pods.filter(({ stream }) => typeof stream === "object").length;
  const isUnknown = connected === 0 && pods.some(({ stream }) => stream === "unknown");
  const nodes = new Set(pods.flatMap(nodeOf));
  return [
    namespace,
    `${kind}/${name}`,
    String(pods.length),
    String(ours.length),
    isUnknown ? "?" : String(connected),
    some([...new Set(ours.map(({ release }) => quoted(release)))], 2) || "-",
    some([...nodes].map(quoted), 1) || "-",
  ];
}

/** What the control plane says of the pod, else what it was injected as; none where no object has that name. */
function nodeOf({ stream, sidecar, node }: PodStatus): readonly string[] {
  if (sidecar.kind !== "ours" || node.kind === "nobody" || node.kind === "unresolved") return [];
  if (typeof stream !== "object" || stream.resolved === undefined) return [sidecar.resource];
  const { mesh, kind, name } = stream.resolved;
  return [`mesh/${mesh}/${kind}/${name}`];
}

const COLORS: Readonly<Record<Verdict, Remark["color"]>> = {
  injected: "green",
  drifted: "yellow",
  skipped: "dim",
  "created-before": "yellow",
  "slipped-through": "red",
  "refused-now": "red",
  "aws-sidecar": "yellow",
  "record-mismatch": "red",
  unknown: "yellow",
};

/** One sentence for pods that stand alike, for the same reason. */
function remarksOf(workload: WorkloadStatus, now: Date): readonly Remark[] {
  const said = workload.pods.map((pod) => ({ pod, text: sentenceOf(pod, workload) })).filter(({ text }) => text !== "");
  const verdicts = [...Map.groupBy(said, ({ text }) => text)].map(([text, group]) => {
    const [first] = group;
    return { color: COLORS[first?.pod.verdict ?? "skipped"], text: `${count(group.length, "pod")} ${text}` };
  });
  return [
    ...verdicts,
    ...renamedRemarks(workload),
    ...nobodyRemarks(workload.pods),
    ...unreadyRemarks(workload),
    ...overflowRemarks(workload.pods),
    ...failureRemarks(workload.pods).map((remark) => ({ color: "red" as const, ...remark })),
    ...streamRemarks(workload.pods, now),
  ];
}

/** Nodes that came after the pods: it works as it is, and nobody has to do anything. */
function renamedRemarks({ pods }: WorkloadStatus): readonly Remark[] {
  const renamed = pods.filter(({ newName }) => newName !== "");
  const groups = Map.groupBy(renamed, ({ newName, sidecar }) => `${newName} ${oldNameOf(sidecar)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const is = `${count(group.length, "pod")} served as ${quoted(first.newName)}, injected as ${quoted(oldNameOf(first.sidecar))}`;
    return [
      {
        color: "dim" as const,
        text: `${is}: nothing to do; traces and statistics have the older name until the pod is created again`,
      },
    ];
  });
}

/** Pods with a sidecar that are no node of the mesh. One that names a node itself was meant to be one. */
function nobodyRemarks(pods: readonly PodStatus[]): readonly Remark[] {
  const found = pods.flatMap(({ sidecar, node }) => (sidecar.kind === "ours" && node.kind === "nobody" ? [node] : []));
  const groups = Map.groupBy(found, ({ by, name }) => `${by} ${name}`);
  return [...groups.values()].flatMap((group): Remark[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { by, name, near } = first;
    const are = `${count(group.length, "pod")} ${group.length === 1 ? "is" : "are"} no node of the mesh`;
    return by === "annotation"
      ? [
          {
            color: "yellow",
            text: `${are}, traffic passes through: the annotation names ${quoted(name)}, which is not there`,
          },
        ]
      : [
          {
            color: near.length === 0 ? "dim" : "yellow",
            text: [
              `${are}, traffic passes through: no VirtualNode selects the pod or is called ${quoted(name)}`,
              ...near,
            ].join("; "),
          },
        ];
  });
}

function unreadyRemarks({ namespace, pods }: WorkloadStatus): readonly Remark[] {
  const groups = Map.groupBy(
    pods.filter(({ unready }) => unready !== ""),
    ({ unready }) => unready,
  );
  return [...groups].map(([why, group]) => {
    const hint = `kubectl logs ${group[0]?.name} -c envoy -n ${namespace} says more`;
    return red(`${count(group.length, "sidecar")} not ready: ${quoted(why)}${awaited(group)}; ${hint}`);
  });
}

/** What a sidecar with a stream has not acknowledged: what its Envoy warms, or what never came. Empty where nobody can tell. */
function awaited(pods: readonly PodStatus[]): string {
  const types = pods.flatMap(({ stream }) =>
    typeof stream === "object"
      ? Object.entries(stream.types).flatMap(([type, state]) => (member(state, "waiting") === true ? [type] : []))
      : [],
  );
  if (types.length === 0) return "";
  const clusters = types.includes("cluster") ? " (a name that DNS does not answer holds up all clusters)" : "";
  return `; connected, and has yet to acknowledge: ${some([...new Set(types)].map(quoted))}${clusters}`;
}

/** Ten refusals in all pods of a workload at one limit are one sentence. */
function overflowRemarks(pods: readonly PodStatus[]): readonly Remark[] {
  const all = pods.flatMap(({ name, overflows }) => overflows.map((overflow) => ({ name, ...overflow })));
  const groups = Map.groupBy(all, ({ counter, of }) => `${counter} ${of}`);
  return [...groups.values()].map((group) => {
    const sum = group.reduce((total, { count: refused }) => total + refused, 0);
    const names = some(
      group.map(({ name }) => name),
      3,
    );
    const { counter = "", of = "" } = group[0] ?? {};
    const whose = of === "" ? counter : `${counter} of ${quoted(of)}`;
    return red(`a limit was reached, ${count(sum, "refusal")} (${whose}) in ${names}`);
  });
}

function sentenceOf(pod: PodStatus, { namespace, kind, name }: WorkloadStatus): string {
  const { verdict, now, drift, sidecar } = pod;
  const again = recreation(namespace, { kind, name });
  const reason = `${now.reason}: ${quoted(now.message)}`;
  const shortly = now.outcome === "unknown" ? "not known" : `${now.outcome}, ${now.reason}`;
  switch (verdict) {
    case "injected":
      return "";
    case "drifted":
      return `drifted (${drift.map(quoted).join("; ")}): ${again}`;
    case "skipped":
      return `without a sidecar, as it should be (${reason})`;
    case "created-before":
      return `without a sidecar, created before injection was on (now: ${shortly}): ${again}`;
    case "slipped-through":
      return `slipped through, created without a sidecar while injection was on: ${again}`;
    case "refused-now":
      return sidecar.kind === "none"
        ? `without a sidecar; created now it would be refused (${reason})`
        : `would be refused if created now, so do not restart it before this is mended (${reason})`;
    case "aws-sidecar":
      return `with AWS's Envoy (${sidecar.kind === "aws" ? quoted(sidecar.image) : ""}), which has nobody to talk to: ${again}`;
    case "unknown":
      return `without a sidecar; whether injection was on when it was created is not known (created now: ${shortly})`;
    case "record-mismatch":
      return `changed after injection (${sidecar.kind === "unfit" ? quoted(sidecar.problem) : ""}): ${again}`;
  }
}
