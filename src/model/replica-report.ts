import { z } from "zod";
import { type JsonObject, jsonIn, member, objectsOf, stringMapOf, stringOf } from "./json.ts";
import { keyOf, type ObjectKey, type ObjectRef, refIn } from "./mesh-object.ts";
import { CONTROL_PLANE_NAME, CONTROL_PLANE_NAMESPACE, REPORT_LABEL, REPORT_PREFIX } from "./names.ts";
import { shortLine } from "./one-line.ts";
import { type ReplicaTls, STORED_TLS, storedTls } from "./replica-tls.ts";
import { REPORT_LIMITS } from "./report-limits.ts";

/** What one replica of the control plane knows of its proxies. */
export interface ReplicaReport {
  /** Virtual nodes that are served and have a connected proxy here. */
  readonly nodes: readonly NodeProxies[];
  /** Objects from which something comes that a proxy rejects. */
  readonly rejections: readonly ReportedRejection[];
  readonly behind: ProxiesBehind;
  /** Whether all there was to say is there: a report is bounded. */
  readonly isWhole: boolean;
  /** Domain of the cluster by the DNS of this replica, such as `cluster.local`; absent: it is of an earlier release. */
  readonly clusterDomain?: string;
}

/** How many proxies of a node are connected, and how many of these have accepted all that they are to have, or reject something of it. The others are about to. */
export interface NodeProxies {
  readonly node: ObjectRef;
  readonly proxies: number;
  readonly current: number;
  readonly rejecting: number;
}

/** Proxies that should have acknowledged something by now: how many, and those that are so for longest. */
export interface ProxiesBehind {
  readonly proxies: number;
  readonly named: readonly ProxyBehind[];
}

export interface ProxyBehind {
  /** `namespace/name`. */
  readonly pod: string;
  /** Of what, such as `cluster`. */
  readonly type: string;
  /** RFC 3339. */
  readonly since: string;
}

/** What a report says in which nothing was found. */
export const NOBODY_BEHIND: ProxiesBehind = { proxies: 0, named: [] };

export interface ReportedRejection {
  readonly object: ObjectRef;
  /** How many proxies of this replica reject something that comes from it. */
  readonly proxies: number;
  /** One such resource: its type, such as `listener`, and its name. */
  readonly type: string;
  readonly name: string;
  /** What a proxy said: text of a stranger, in one line, bounded. */
  readonly problem: string;
}

/** A report as it is found in a cluster, and which pod owns it. */
export interface StoredReport {
  readonly pod: string;
  readonly uid: string;
  readonly report: ReplicaReport;
  /** How far its proxies are with changes of TLS; undefined: it does not say. */
  readonly tls: ReplicaTls | undefined;
}

const FORMAT = 1;
const KEY = "report.json";
const count = z.int().min(0);
const stored = z.object({
  format: z.literal(FORMAT),
  nodes: z.record(z.string(), z.tuple([count, count, count])),
  rejections: z.array(
    z.object({ object: z.string(), proxies: count, type: z.string(), name: z.string(), problem: z.string() }),
  ),
  // a replica of an earlier release says nothing of it
  behind: z
    .object({
      proxies: count,
      named: z
        .array(z.object({ pod: z.string(), type: z.string(), since: z.iso.datetime() }))
        .max(REPORT_LIMITS.behind),
    })
    .default({ proxies: 0, named: [] }),
  isWhole: z.boolean(),
  clusterDomain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/)
    .optional()
    .catch(undefined),
  tls: STORED_TLS,
});

/** The text of a report, within {@link REPORT_LIMITS}: nodes that have no room are left out, and that is said. Equal reports give equal texts. */
export function reportText(
  { nodes, rejections, behind: { proxies: late, named }, isWhole, clusterDomain }: ReplicaReport,
  tls?: ReplicaTls,
): string {
  const listed = rejections.slice(0, REPORT_LIMITS.rejections).map(({ object, type, name, problem, proxies }) => ({
    object: keyOf(object),
    proxies,
    ...bounded(type, name, problem),
  }));
  const behind = { proxies: late, named: named.slice(0, REPORT_LIMITS.behind).map(boundedBehind) };
  const shown: Record<ObjectKey, readonly number[]> = {};
  const rest = {
    format: FORMAT,
    rejections: listed,
    behind,
    isWhole,
    clusterDomain,
    ...(tls && { tls: storedTls(tls) }),
  };
  let left = REPORT_LIMITS.text - JSON.stringify({ ...rest, nodes: {} }).length;
  let leftOut = rejections.length - listed.length;
  for (const { node, proxies, current, rejecting } of nodes) {
    const counts = [proxies, current, rejecting];
    left -= JSON.stringify({ [keyOf(node)]: counts }).length;
    if (left < 0) leftOut++;
    else shown[keyOf(node)] = counts;
  }
  return JSON.stringify({ ...rest, isWhole: isWhole && leftOut === 0, nodes: shown });
}

function boundedBehind({ pod, type, since }: ProxyBehind): ProxyBehind {
  return { pod: shortLine(pod, REPORT_LIMITS.podName), type: shortLine(type, REPORT_LIMITS.resourceName), since };
}

/** A rejected resource within {@link REPORT_LIMITS}; what is within them stays as it is. */
export function bounded(type: string, name: string, problem: string): Record<"type" | "name" | "problem", string> {
  return {
    type: shortLine(type, REPORT_LIMITS.resourceName),
    name: shortLine(name, REPORT_LIMITS.resourceName),
    problem: shortLine(problem, REPORT_LIMITS.problem),
  };
}

/** The inverse, of a text that anybody may have written; undefined where it is too long, or no report of a format that is known. */
export function reportIn(text: string): ReplicaReport | undefined {
  return contentIn(text)?.report;
}

function contentIn(text: string): Pick<StoredReport, "report" | "tls"> | undefined {
  if (text.length > REPORT_LIMITS.text) return undefined;
  const { data } = stored.safeParse(jsonIn(text));
  if (data === undefined || data.rejections.length > REPORT_LIMITS.rejections) return undefined;
  const report: ReplicaReport = {
    isWhole: data.isWhole,
    ...(data.clusterDomain !== undefined && { clusterDomain: data.clusterDomain }),
    behind: { ...data.behind, named: data.behind.named.map(boundedBehind) },
    nodes: Object.entries(data.nodes).flatMap(([key, [proxies, current, rejecting]]) => {
      const node = refIn(key);
      return node === undefined ? [] : [{ node, proxies, current, rejecting }];
    }),
    rejections: data.rejections.flatMap(({ object: key, proxies, type, name, problem }) => {
      const object = refIn(key);
      return object === undefined || proxies === 0 ? [] : [{ object, proxies, ...bounded(type, name, problem) }];
    }),
  };
  return { report, tls: data.tls };
}

/** The ConfigMap that a replica keeps: it goes with its pod. `text` is that of {@link reportText}. */
export function reportConfigMap(
  { name, uid }: { readonly name: string; readonly uid: string },
  text: string,
): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      namespace: CONTROL_PLANE_NAMESPACE,
      name: `${REPORT_PREFIX}${name}`,
      labels: { [REPORT_LABEL]: "replica" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid }],
    },
    data: { [KEY]: text },
  };
}

/** The report in a ConfigMap; undefined where it is none, or is not owned by the pod after which it is named. */
export function storedReport(configMap: JsonObject): StoredReport | undefined {
  const metadata = member(configMap, "metadata");
  const name = stringOf(member(metadata, "name")) ?? "";
  const owners = objectsOf(member(metadata, "ownerReferences"));
  const owner = owners.find(
    (one) => one["kind"] === "Pod" && `${REPORT_PREFIX}${stringOf(one["name"]) ?? ""}` === name,
  );
  const content = contentIn(stringMapOf(member(configMap, "data"))[KEY] ?? "");
  if (owner === undefined || content === undefined || !name.startsWith(REPORT_PREFIX)) return undefined;
  return { pod: name.slice(REPORT_PREFIX.length), uid: stringOf(owner["uid"]) ?? "", ...content };
}

/** Path of all reports of a cluster, whoever wrote them. */
export const REPORTS = {
  path: `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps`,
  labelSelector: REPORT_LABEL,
} as const;

/** What is looked at of a pod that owns a report. */
export interface ReportingPod {
  readonly uid: string;
  readonly serviceAccountName: string;
  readonly containersReady: boolean;
}

/**
 * The reports that count: of pods of the control plane that live and are ready. A report outlives its pod for a moment, and who is not
 * ready serves nobody. Whoever may write ConfigMaps in the control plane's namespace could write one for a pod that is there: they could
 * replace the mesh's trust too.
 */
export function countingReports(
  stored: readonly (StoredReport | undefined)[],
  podOf: (name: string) => ReportingPod | undefined,
): readonly ReplicaReport[] {
  const counting = stored
    .filter((one) => one !== undefined)
    .filter(({ pod, uid }) => {
      const owner = podOf(pod);
      return owner?.uid === uid && owner.serviceAccountName === CONTROL_PLANE_NAME && owner.containersReady;
    });
  return counting.slice(0, REPORT_LIMITS.reports).map(({ report }) => report);
}
