import { namespaceMetadata, RESOURCES } from "../../cluster/resources.ts";
import { ENDPOINT_SLICES, SERVICES } from "../../cluster/service-resources.ts";
import { type Member, Registry } from "../../graph/registry.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { CertificateSecret } from "../../model/certificate-secrets.ts";
import { CLUSTER_DOMAIN } from "../../model/cluster-dns.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import type { CertificateSecretChange, ServiceChange } from "../../model/mesh-change.ts";
import { refOf } from "../../model/mesh-object.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { type ParsedObject, parseObject } from "../../model/parse-object.ts";
import type { ReplicaReport } from "../../model/replica-report.ts";
import type { ServicePort } from "../../model/services.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import { gatherCertificates } from "./certificates.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import type { Gathering } from "./gathering.ts";
import { inParallel } from "./in-parallel.ts";
import { refuseAbsent } from "./namespaces.ts";
import { gatherReports } from "./reports.ts";

/** The mesh of a cluster, as its objects say it. */
export interface GatheredMesh {
  readonly objects: readonly ParsedObject[];
  readonly namespaces: readonly NamespaceFacts[];
  /** As changes from nothing. */
  readonly services: readonly ServiceChange[];
  /** ARNs that mean Secrets, and what those are good for. */
  readonly certificates: readonly CertificateSecret[];
  readonly secrets: readonly CertificateSecretChange[];
  /** Who can be called at a port of a Service. */
  readonly members: (port: ServicePort) => readonly Member[];
  /** Names of the Meshes. */
  readonly meshes: readonly string[];
  /** What replicas of the control plane say of their proxies. */
  readonly reports: readonly ReplicaReport[];
  /** Sentences for a person: why nothing is known of that. */
  readonly unreported: readonly string[];
  /** As replicas say it; `cluster.local` where none does. */
  readonly clusterDomain: string;
  /** Sentences for a person: kinds that are not installed, Secrets that may not be read. */
  readonly notes: readonly string[];
}

/**
 * Reads every App Mesh object and the namespaces, page by page. Rejects with KubeError where something of it cannot be read: whatever
 * were said about the rest would be wrong; and where the namespace that is asked for does not exist. A kind that is not installed has no
 * objects, and is said.
 */
export async function gatherMesh(
  { reads, progress }: Pick<Gathering, "reads" | "progress">,
  asked: string | undefined,
): Promise<GatheredMesh> {
  progress("the mesh");
  const { path, content } = RESOURCES.namespaces;
  const [namespaces, { certificates, secrets, notes }, { reports, notes: unreported }, registry, kinds] =
    await Promise.all([
      reads.list(path, content, (object) => ({ name: nameOf(object), ...namespaceMetadata(object) })),
      gatherCertificates(reads, new Date()),
      gatherReports(reads),
      readServices(reads),
      inParallel(KINDS, async (kind) => {
        const { plural } = KIND_FACTS[kind];
        const objects = await reads.list(`/apis/${APPMESH_API_VERSION}/${plural}`, "whole", (object) =>
          // a list's entries need not say what they are
          parseObject({ ...object, apiVersion: APPMESH_API_VERSION, kind }),
        );
        return { plural, objects };
      }),
    ]);
  const all = needed(namespaces, "list of namespaces");
  const names = all.map(({ name }) => name);
  if (asked !== undefined && !names.includes(asked)) refuseAbsent({ kind: "absent" }, asked, names);
  const objects = kinds.flatMap(({ plural, objects: found }) =>
    found.kind === "absent" ? [] : needed(found, `list of ${plural}`),
  );
  const clusterDomain = reports.map((report) => report.clusterDomain).find((domain) => domain !== undefined);
  const missing = kinds.filter(({ objects }) => objects.kind === "absent").map(({ plural }) => plural);
  return {
    objects,
    namespaces: all,
    services: registry.services(),
    members: (port) => registry.members(port),
    certificates,
    secrets,
    reports,
    unreported,
    clusterDomain: clusterDomain ?? CLUSTER_DOMAIN,
    meshes: objects.flatMap((parsed) => {
      const ref = parsed.kind === "parsed" ? refOf(parsed.object) : parsed.ref;
      return ref?.kind === "Mesh" ? [ref.name] : [];
    }),
    notes: [
      ...(missing.length === 0 ? [] : [notInstalled(missing)]),
      ...notes,
      ...(unreported.length === 0 ? [] : [`the cluster's domain is not known, and ${CLUSTER_DOMAIN} is assumed`]),
    ],
  };
}

/** With what the slices say of them: the same as the control plane knows. */
async function readServices(reads: ClusterReads): Promise<Registry> {
  const [services, slices] = await Promise.all([
    reads.list(SERVICES.path, SERVICES.content, (object) => {
      return { kind: "service", ...placeOf(object), after: SERVICES.project(object) } as const;
    }),
    reads.list(ENDPOINT_SLICES.path, ENDPOINT_SLICES.content, (object) => {
      return { kind: "endpointSlice", ...placeOf(object), after: ENDPOINT_SLICES.project(object) } as const;
    }),
  ]);
  const changes = [...needed(services, "list of services"), ...needed(slices, "list of endpointslices")];
  const registry = new Registry();
  registry.apply(changes);
  return registry;
}

function placeOf(object: JsonObject): { readonly namespace: string; readonly name: string } {
  return { namespace: stringOf(member(object.metadata, "namespace")) ?? "", name: nameOf(object) };
}

function notInstalled(missing: readonly string[]): string {
  const what =
    missing.length === KINDS.length ? "the App Mesh kinds are" : `of the App Mesh kinds ${missing.join(", ")} are`;
  return `${what} not installed, so there are no such objects: outrigger install --crds-only`;
}

function needed<T>(reading: Reading<T>, what: string): T {
  if (reading.kind === "read") return reading.value;
  throw new KubeError(
    "status",
    `${whyNot(reading, what)}; a mesh is looked at as a whole, so nothing is said about it`,
  );
}
