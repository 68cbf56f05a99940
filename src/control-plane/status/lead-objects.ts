import type { MeshGraph } from "../../graph/graph.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KnownRejections, type KnownRejectionsParts } from "../reports/known-rejections.ts";
import { type ObjectWriterParts, writeObjects } from "./object-writer.ts";

export interface LeadObjectsParts
  extends Omit<ObjectWriterParts, "graph" | "rejections" | "events">,
    Omit<KnownRejectionsParts, "graph"> {
  readonly graph: MeshGraph;
  readonly client: KubeClient;
}

/** What a leader does for App Mesh objects, until the signal: it says in them what has become of them, at the proxies too. Never rejects. */
export function leadObjects(parts: LeadObjectsParts) {
  return async (signal: AbortSignal, events: ObjectWriterParts["events"]): Promise<void> => {
    const rejections = new KnownRejections(parts);
    const written = rejections.ready(signal).then(() => writeObjects({ ...parts, events, rejections }, signal));
    await Promise.all([rejections.start(signal), written]);
  };
}
