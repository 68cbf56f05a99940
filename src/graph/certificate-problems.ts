import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ClientPolicy, ListenerTls } from "../model/tls.ts";
import type { MeshReader } from "./mesh-state.ts";
import type { Say } from "./report.ts";
import { serverTls } from "./tls.ts";
import { trustOf } from "./tls-source.ts";

/* What is wrong about ARNs that mean Secrets of the control plane's namespace. */

type Secrets = Pick<MeshReader, "certificate">;

/** Says why a listener cannot show the certificate of a Secret. `at`: of the listener; `namespace`: of its node or gateway. */
export function sayShownSecret(
  tls: DeepReadonly<ListenerTls> | undefined,
  { at, namespace }: { readonly at: string; readonly namespace: string },
  secrets: Secrets,
  say: Say,
): void {
  const certificate = serverTls(tls)?.certificate;
  if (certificate?.kind !== "acm") return;
  const meant = secrets.certificate(certificate.arn);
  if (meant === undefined) return;
  const path = `${at}.tls.certificate.acm`;
  // whose it is, and where it is kept, is nobody's business who may not have it
  if (!meant.namespaces.includes(namespace)) {
    const found = `the control plane's configuration gives this certificate to other namespaces than ${namespace}`;
    const help = `write another ARN, or have ${namespace} added to the namespaces of this one in controlPlane.certificates.secrets`;
    say("certificate-secret", path, `${found}, so no TLS connection to it is made`, help);
    return;
  }
  const flaw = meant.facts?.certificate;
  if (flaw !== undefined) say("certificate-secret", path, `${flaw.found}, so TLS connections to it fail`, flaw.help);
}

/** Says by which Secrets that a client policy trusts nothing can be checked. `at`: of the policy. */
export function sayTrustedSecrets(
  policy: DeepReadonly<ClientPolicy> | undefined,
  at: string,
  secrets: Secrets,
  say: Say,
): void {
  const trust = policy?.tls && trustOf(policy.tls.validation.trust);
  if (trust?.kind !== "acm") return;
  for (const arn of new Set(trust.arns)) {
    const flaw = secrets.certificate(arn)?.facts?.authority;
    if (flaw === undefined) continue;
    const message = `${flaw.found}, so certificates are not accepted by it`;
    say("certificate-secret", `${at}.tls.validation.trust.acm`, message, flaw.help);
  }
}

/** Which listener, by its index, shows a certificate that the control plane signs; -1: none does. */
export function signedListener(
  listeners: readonly { readonly tls?: DeepReadonly<ListenerTls> | undefined }[],
  secrets: Secrets,
): number {
  return listeners.findIndex(({ tls }) => {
    const certificate = serverTls(tls)?.certificate;
    return certificate?.kind === "acm" && secrets.certificate(certificate.arn) === undefined;
  });
}
