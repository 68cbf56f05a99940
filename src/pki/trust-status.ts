import type { Writer } from "../kube/writes.ts";
import { readAuthority } from "./authority-secret.ts";
import { type AuthorityState, rootsOf } from "./authority-state.ts";
import { injectedPods } from "./injected-pods.ts";
import type { RotationTarget } from "./rotation-target.ts";

/** A root, what it does and where it is known; instants as ISO 8601. */
export interface RootStatus {
  readonly id: string;
  readonly state: "active" | "next" | "previous";
  readonly since: string;
  /** End of its certificate. */
  readonly notAfter: string;
  /** Of a next root: since when everybody has it. */
  readonly delivered?: string;
  /** Of a previous one: until when it is trusted. */
  readonly until?: string;
  /** Whether every place where the bundle is published has it. */
  readonly published: boolean;
  /** Running injected pods that have it, of the mesh's authority. */
  readonly pods?: number;
}

/** What there is of an authority. */
export interface TrustStatus {
  readonly authority: RotationTarget["name"];
  readonly secret: string;
  readonly place: string;
  readonly found: "held" | "empty" | "absent";
  /** The one that signs first; empty where there is no authority. */
  readonly roots: readonly RootStatus[];
  /** Running injected pods, of the mesh's authority. */
  readonly pods?: number;
}

/** What there is of an authority and who knows its roots; only reads. Rejects with KubeError and AuthorityError. */
export async function trustStatus(
  reader: Pick<Writer, "client" | "signal">,
  target: RotationTarget,
): Promise<TrustStatus> {
  const { namespace, name } = target.secret;
  const found = await readAuthority(reader, target.secret);
  const facts = { authority: target.name, secret: `${namespace}/${name}`, place: target.place, found: found.kind };
  if (found.kind !== "held") return { ...facts, roots: [] };
  const bundles = await target.published(reader);
  const pods = target.delivery === "to-pods" ? await injectedPods(reader) : undefined;
  const roots = rootsOf(found.state).map(({ id, certificate, since, notAfter }): RootStatus => {
    const has = (bundle: string): boolean => bundle.includes(certificate.trim());
    return {
      id,
      ...part(found.state, id),
      since: since.toISOString(),
      notAfter: notAfter.toISOString(),
      published: bundles.length > 0 && bundles.every(has),
      ...(pods !== undefined && { pods: pods.filter(({ trust }) => has(trust)).length }),
    };
  });
  return { ...facts, roots, ...(pods !== undefined && { pods: pods.length }) };
}

function part(
  { active, next, previous }: AuthorityState,
  id: string,
): Pick<RootStatus, "state" | "delivered" | "until"> {
  if (id === active.id) return { state: "active" };
  if (id === next?.id) {
    return { state: "next", ...(next.delivered !== undefined && { delivered: next.delivered.toISOString() }) };
  }
  const until = previous.find((root) => root.id === id)?.until;
  return { state: "previous", ...(until !== undefined && { until: until.toISOString() }) };
}
