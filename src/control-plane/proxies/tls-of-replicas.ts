import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { CONTROL_PLANE_NAME, CONTROL_PLANE_NAMESPACE, REPORT_PREFIX } from "../../model/names.ts";
import type { StoredReport } from "../../model/replica-report.ts";
import type { ReplicaTls, TlsMark } from "../../model/replica-tls.ts";
import { REPORT_LIMITS } from "../../model/report-limits.ts";
import type { OwnStepsSaid } from "./own-steps.ts";

/** A step of a change: by the change's name, which all have who make the same steps of the same, its place among them, and this replica's own beginning of it. */
export interface StepOfChange {
  readonly chain: string;
  readonly index: number;
  readonly begun: number;
}

/** Whether the proxies of all other replicas have a step, as far as these have said. */
export type HeldByOthers = (step: StepOfChange) => boolean;

export interface Replicas {
  readonly pods: Pick<ObjectCache<PodSummary>, "list">;
  /** Reports as they were read last, whoever wrote them. */
  readonly reports: Pick<ObjectCache<StoredReport | undefined>, "get">;
  /** Name of the pod that this process is in. */
  readonly identity: string;
  /** This process's own, which no other one has, earlier ones of the same pod included. */
  readonly process: string;
}

/**
 * What the other replicas that are ready say. What one says counts where it has read of this beginning, so that it says so as of later, however
 * old a report is when it comes here. Of one that says nothing, as one of an earlier release does, nothing is known.
 */
export function heldByOthers(replicas: Replicas): HeldByOthers {
  const { identity, process } = replicas;
  const others = otherReplicas(replicas);
  if (others.length > REPORT_LIMITS.reports) return () => false;
  const said = others.map((pod) => tlsOf(pod, replicas));
  return ({ chain, index, begun }) =>
    said.every((tls) => {
      const heard = tls?.heard.get(identity);
      if (heard?.process !== process || heard.begun < begun) return false;
      return (tls?.held.get(chain) ?? 0) > index;
    });
}

/** What this replica says of its own, and has read of others. */
export function ownTls({ begun, held }: OwnStepsSaid, replicas: Replicas): ReplicaTls {
  return { mark: { process: replicas.process, begun }, heard: heard(replicas), held };
}

function heard(replicas: Replicas): ReadonlyMap<string, TlsMark> {
  return new Map(
    otherReplicas(replicas).flatMap((pod) => {
      const mark = tlsOf(pod, replicas)?.mark;
      return mark === undefined ? [] : [[pod.name, mark] as const];
    }),
  );
}

function tlsOf({ name, uid }: PodSummary, { reports }: Replicas): ReplicaTls | undefined {
  const report = reports.get(CONTROL_PLANE_NAMESPACE, `${REPORT_PREFIX}${name}`);
  // the report of an earlier pod of that name is there for a moment
  return report?.uid === uid ? report.tls : undefined;
}

/** Those that serve proxies. */
function otherReplicas({ pods, identity }: Pick<Replicas, "pods" | "identity">): readonly PodSummary[] {
  return pods
    .list(CONTROL_PLANE_NAMESPACE)
    .filter(
      ({ name, serviceAccountName, containersReady }) =>
        name !== identity && serviceAccountName === CONTROL_PLANE_NAME && containersReady,
    );
}
