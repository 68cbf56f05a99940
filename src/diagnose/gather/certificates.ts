import { PLACES } from "../../install/objects/ownership.ts";
import type { CertificateSecret } from "../../model/certificate-secrets.ts";
import type { CertificateSecretChange } from "../../model/mesh-change.ts";
import { readCertificateSecret } from "../../pki/certificate-secret.ts";
import { valueIn, whyNot } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { readSettings } from "./components.ts";
import { liveConfiguration } from "./live-configuration.ts";

export interface GatheredCertificates {
  /** ARNs that mean Secrets, as the configuration of the control plane has them. */
  readonly certificates: readonly CertificateSecret[];
  /** What is known of those Secrets; nothing of a key or a certificate is kept. */
  readonly secrets: readonly CertificateSecretChange[];
  /** Sentences for a person: what is not known. */
  readonly notes: readonly string[];
}

/** Reads which Secrets ARNs of certificates mean, and whether these can be used, with the rights of whoever asks. Nothing is thrown. */
export async function gatherCertificates(reads: ClusterReads, now: Date): Promise<GatheredCertificates> {
  const { namespace } = PLACES["control-plane"];
  const core = `/api/v1/namespaces/${namespace}`;
  // none where it cannot be read: `outrigger check` says that
  const live = valueIn(liveConfiguration(await readSettings(reads, "control-plane")));
  const certificates = live?.controlPlane.certificates.secrets ?? [];
  const names = [...new Set(certificates.map(({ secret }) => secret))];
  const read = await Promise.all(
    names.map(async (name) => ({ name, reading: await reads.one(`${core}/secrets/${name}`) })),
  );
  const secrets: CertificateSecretChange[] = [];
  const notes: string[] = [];
  for (const { name, reading } of read) {
    const where = `Secret ${name} in namespace ${namespace}`;
    if (reading.kind === "read" || reading.kind === "absent") {
      const { facts: after } = readCertificateSecret(valueIn(reading), where, now);
      secrets.push({ kind: "certificateSecret", name, after });
    } else notes.push(`whether the certificate of ${where} can be used is not known: ${whyNot(reading, where)}`);
  }
  return { certificates, secrets, notes };
}
