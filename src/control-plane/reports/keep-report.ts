import { isDeepStrictEqual } from "node:util";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { REPORT_RESOURCE } from "../../cluster/report-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Informer } from "../../kube/informer.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import type { StoredReport } from "../../model/replica-report.ts";
import type { Log } from "../../serving/log.ts";
import type { XdsServer } from "../../xds/serve/xds-server.ts";
import type { PodApplication } from "../proxies/pod-application.ts";
import { reportOf } from "./report-content.ts";
import { ReportWriter } from "./report-writer.ts";

export interface KeepReportParts {
  readonly client: KubeClient;
  readonly proxies: Pick<XdsServer, "standing">;
  readonly application: Pick<PodApplication, "nodeOf" | "tlsSaid">;
  readonly pods: Pick<ObjectCache<PodSummary>, "get">;
  /** What all replicas say. */
  readonly said: Pick<Informer<StoredReport | undefined>, "onChange">;
  /** Name of the pod that this process is in, where it is in one. */
  readonly identity: string;
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
  readonly log: Log;
}

/** What this replica says of its proxies. */
export type Reports = Pick<ReportWriter, "report" | "soon">;

/** Reads what all replicas say, until the signal. */
export function readReports(client: KubeClient, signal: AbortSignal): Informer<StoredReport | undefined> {
  const reports = new Informer(client, REPORT_RESOURCE);
  void reports.start(signal);
  return reports;
}

/** Keeps the report of this replica until the signal; what it says is there for those in the same process too. */
export function keepReport(
  { client, proxies, application, pods, said, identity, clusterDomain, log }: KeepReportParts,
  signal: AbortSignal,
): Reports {
  const writer = new ReportWriter({
    client,
    look: () => ({ ...reportOf(proxies.standing(), (podUid) => application.nodeOf(podUid)), clusterDomain }),
    tls: () => application.tlsSaid(),
    ownPod: () => pods.get(CONTROL_PLANE_NAMESPACE, identity),
    log,
  });
  void writer.start(signal);
  // another one begins a change of TLS, and goes by what is said after that has been read
  said.onChange(({ before, after }) => {
    if (after?.pod !== identity && !isDeepStrictEqual(before?.tls?.mark, after?.tls?.mark)) writer.soon();
  }, signal);
  return writer;
}
