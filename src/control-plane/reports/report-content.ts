import { exampleOf } from "../../graph/rejections.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { isKind } from "../../model/kinds.ts";
import { keyOf, type ObjectKey, type ObjectRef } from "../../model/mesh-object.ts";
import { bounded, type ProxiesBehind, type ReplicaReport, type ReportedRejection } from "../../model/replica-report.ts";
import { REPORT_LIMITS } from "../../model/report-limits.ts";
import type { OriginObject } from "../../xds/serve/resource.ts";
import type { StandingProxy } from "../../xds/serve/streams.ts";
import { typeName } from "../../xds/types.ts";

/** What a report says of proxies; `nodeOf`: the virtual node or gateway whose view a caller has, by its key. A pod that has several streams for a moment counts once. */
export function reportOf(
  standing: Iterable<StandingProxy>,
  nodeOf: (callerKey: string) => ObjectRef | undefined,
): ReplicaReport {
  const newest = new Map<string, StandingProxy>();
  for (const proxy of standing) newest.set(proxy.key, proxy);
  const nodes = new Map<ObjectKey, { node: ObjectRef; proxies: number; current: number; rejecting: number }>();
  const rejections = new Map<ObjectKey, ReportedRejection>();
  for (const [key, proxy] of newest) {
    const node = proxy.hasOrigins ? nodeOf(key) : undefined;
    if (node === undefined) continue;
    const nodeKey = keyOf(node);
    const counts = nodes.get(nodeKey) ?? { node, proxies: 0, current: 0, rejecting: 0 };
    nodes.set(nodeKey, counts);
    counts.proxies += 1;
    if (proxy.state === "current") counts.current += 1;
    if (proxy.state === "rejecting") counts.rejecting += 1;
    for (const [objectKey, found] of rejectedBy(proxy)) {
      const known = rejections.get(objectKey);
      rejections.set(objectKey, { ...smaller(known, found), proxies: (known?.proxies ?? 0) + 1 });
    }
  }
  const all = sorted(rejections).toSorted((a, b) => b.proxies - a.proxies);
  const most = all.slice(0, REPORT_LIMITS.rejections);
  const isWhole = all.length === most.length;
  return { nodes: sorted(nodes), rejections: most, behind: behindOf(newest.values()), isWhole };
}

/** Of all proxies, also those that pass traffic through: they may have to learn just that. */
function behindOf(proxies: Iterable<StandingProxy>): ProxiesBehind {
  const all = [...proxies].flatMap(({ name, behind }) =>
    behind === undefined ? [] : [{ pod: name, type: behind.type, since: new Date(behind.since).toISOString() }],
  );
  const named = all.toSorted((a, b) => compareTexts(`${a.since} ${a.pod}`, `${b.since} ${b.pod}`));
  return { proxies: all.length, named: named.slice(0, REPORT_LIMITS.behind) };
}

/** Of one proxy, by object. */
function rejectedBy({ frozen }: StandingProxy): ReadonlyMap<ObjectKey, ReportedRejection> {
  const found = new Map<ObjectKey, ReportedRejection>();
  for (const { resource, problem } of frozen) {
    const type = typeName(resource.type) ?? "resource";
    for (const origin of resource.origins) {
      const object = refOfOrigin(origin);
      if (object === undefined) continue;
      const key = keyOf(object);
      found.set(key, smaller(found.get(key), { object, proxies: 1, ...bounded(type, resource.name, problem) }));
    }
  }
  return found;
}

function refOfOrigin({ kind, namespace, name }: OriginObject): ObjectRef | undefined {
  return isKind(kind) ? { kind, namespace, name } : undefined;
}

/** Of two the same one whatever their order. */
function smaller(known: ReportedRejection | undefined, found: ReportedRejection): ReportedRejection {
  return known !== undefined && exampleOf(known) <= exampleOf(found) ? known : found;
}

function sorted<T>(byKey: ReadonlyMap<string, T>): readonly T[] {
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
