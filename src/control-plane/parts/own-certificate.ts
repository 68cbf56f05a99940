import type { CertificateSource } from "../../pki/certificate-source.ts";
import { policyOf } from "../../pki/policy.ts";
import type { SharedAuthority } from "../../pki/shared-authority.ts";
import type { Replica } from "./replica.ts";

/** What this replica says who it is with. */
export interface OwnCertificate {
  readonly source: Promise<CertificateSource>;
  /** Why there is none yet. */
  problem(): string | undefined;
  /** Absent where somebody else gave the certificate. */
  readonly signed: SignedByMesh | undefined;
  /** Resolves after the signal. */
  readonly ended: Promise<void>;
}

export interface SignedByMesh {
  readonly authority: SharedAuthority;
  /** Bring what it signs with to whoever calls the control plane. */
  readonly publish: {
    readonly trust: typeof import("../../pki/mesh-authority.ts").publishMeshTrust;
    readonly registrations: typeof import("../../pki/mesh-authority.ts").publishToRegistrations;
  };
}

/** The given one, or one of the mesh's authority, which replicas share. */
export async function startOwnCertificate(
  given: CertificateSource | undefined,
  { client, configuration, log }: Replica,
  signal: AbortSignal,
): Promise<OwnCertificate> {
  if (given !== undefined) {
    return { source: Promise.resolve(given), problem: () => undefined, signed: undefined, ended: Promise.resolve() };
  }
  // what signs takes longest to load: meanwhile the API server answers what was asked before
  const { meshAuthority, publishMeshTrust, publishToRegistrations } = await import("../../pki/mesh-authority.ts");
  const policy = policyOf(configuration.controlPlane.certificates);
  const authority = meshAuthority({ client, log, policy, now: () => new Date() }, signal);
  return {
    source: authority.certificate,
    problem: () => authority.problem(),
    signed: { authority, publish: { trust: publishMeshTrust, registrations: publishToRegistrations } },
    ended: authority.ended,
  };
}
