import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import type { Log } from "../../serving/log.ts";
import type { XdsServer } from "../../xds/serve/xds-server.ts";
import type { PodApplication } from "../proxies/pod-application.ts";
import { reportOf } from "./report-content.ts";
import { ReportWriter } from "./report-writer.ts";

export interface KeepReportParts {
  readonly client: KubeClient;
  readonly proxies: Pick<XdsServer, "standing">;
  readonly application: Pick<PodApplication, "nodeOf">;
  readonly pods: Pick<ObjectCache<PodSummary>, "get">;
  /** Name of the pod that this process is in, where it is in one. */
  readonly identity: string;
  readonly log: Log;
}

/** What this replica says of its proxies. */
export type Reports = Pick<ReportWriter, "report">;

/** Keeps the report of this replica until the signal; what it says is there for those in the same process too. */
export function keepReport(
  { client, proxies, application, pods, identity, log }: KeepReportParts,
  signal: AbortSignal,
): Reports {
  const writer = new ReportWriter({
    client,
    look: () => reportOf(proxies.standing(), (podUid) => application.nodeOf(podUid)),
    ownPod: () => pods.get(CONTROL_PLANE_NAMESPACE, identity),
    log,
  });
  void writer.start(signal);
  return writer;
}
