import { loadConfiguration } from "../../config/load.ts";
import { CONFIGURATION } from "../../install/objects/component-settings.ts";
import { PLACES } from "../../install/objects/ownership.ts";
import type { CertificateSecret } from "../../model/certificate-secrets.ts";
import { member, stringOf } from "../../model/json.ts";
import type { CertificateSecretChange } from "../../model/mesh-change.ts";
import { readCertificateSecret } from "../../pki/certificate-secret.ts";
import { OBJECTS } from "../facts/component.ts";
import { valueIn, whyNot } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

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
  const found = await reads.one(`${core}/configmaps/${OBJECTS["control-plane"].configMap}`);
  const certificates = secretsIn(stringOf(member(valueIn(found)?.["data"], CONFIGURATION.key)) ?? "");
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

/** None where the text is no configuration: `outrigger check` says that. */
function secretsIn(text: string): readonly CertificateSecret[] {
  try {
    const { configuration } = loadConfiguration({
      file: { path: CONFIGURATION.key, text },
      environment: {},
      flags: {},
    });
    return configuration.controlPlane.certificates.secrets;
  } catch {
    return [];
  }
}
