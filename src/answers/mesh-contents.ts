import { MeshGraph } from "../graph/graph.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import type { CertificateSecret } from "../model/certificate-secrets.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import type { CertificateSecretChange, MeshChange, ServiceChange } from "../model/mesh-change.ts";
import { refOf } from "../model/mesh-object.ts";
import { misfits, type ParsedObject } from "../model/parse-object.ts";
import type { ReplicaReport } from "../model/replica-report.ts";

/** All of a mesh that is asked about: App Mesh objects as they were read, each once, their namespaces, and Services. */
export interface MeshContents {
  readonly objects: readonly ParsedObject[];
  readonly namespaces: readonly NamespaceFacts[];
  readonly services: readonly ServiceChange[];
  /** ARNs that mean Secrets, where a configuration is known, and what is known of those. */
  readonly certificates?: readonly CertificateSecret[];
  readonly secrets?: readonly CertificateSecretChange[];
  /** What replicas of the control plane say of their proxies; of files nothing. */
  readonly reports?: readonly ReplicaReport[];
  /** Domain of the cluster, where it is known; it counts before that of the settings. */
  readonly clusterDomain?: string;
}

/** The mesh as a whole. An object that has no name is left out, since nobody can refer to it. */
export function meshGraph(contents: MeshContents, settings: GraphSettings): MeshGraph {
  const { objects, namespaces, services, certificates = [], secrets = [] } = contents;
  const { clusterDomain = settings.clusterDomain } = contents;
  const graph = new MeshGraph({ ...settings, certificates, clusterDomain });
  graph.take([
    ...namespaces.map((after): MeshChange => ({ kind: "namespace", name: after.name, before: undefined, after })),
    ...services,
    ...secrets,
    ...objects.flatMap((parsed) => changeOf(parsed) ?? []),
  ]);
  return graph;
}

function changeOf(parsed: ParsedObject): MeshChange | undefined {
  if (parsed.kind === "parsed") {
    const { object } = parsed;
    return { kind: "object", ref: refOf(object), before: undefined, after: object, refused: [] };
  }
  const { ref } = parsed;
  return ref && { kind: "object", ref, before: undefined, after: undefined, refused: misfits(parsed) };
}
