import { isIP } from "node:net";
import type { CertificateSource, Credentials } from "../pki/certificate-source.ts";
import { validFor } from "../pki/key-pair.ts";
import { type CredentialFiles, CredentialsError, checkCredentials, readCredentials } from "./credentials.ts";
import { watchFiles } from "./watch-files.ts";

/**
 * Certificate and key from files, read again whenever they change. Rejects with {@link CredentialsError} when they cannot
 * be used at the start; later the old pair stays in use, and `refused` is told why.
 */
export async function certificateFromFiles(
  files: CredentialFiles,
  refused: (error: CredentialsError) => void,
  signal: AbortSignal,
): Promise<CertificateSource> {
  let current = await readCredentials(files);
  const listeners = new Set<(credentials: Credentials) => void>();
  // One reload at a time, so that a slow read of old files never overwrites a newer one.
  let reloading = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      const next = await readCredentials(files);
      if (signal.aborted || (next.certificate === current.certificate && next.key === current.key)) return;
      current = next;
      for (const listener of listeners) listener(next);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      refused(error);
    }
  };
  const changed = (): void => {
    reloading = reloading.then(reload);
  };
  watchFiles([files.certificate, files.key], changed, signal);
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A process that makes its own certificate is not meant to run for a year without a restart. */
const OWN_DAYS = 365;
const OWN_NAMES = ["localhost"];
const OWN_ADDRESSES = ["127.0.0.1", "::1"];

/** A certificate for this machine that never changes, and the PEM of the authority that clients must trust for it. */
export interface OwnCertificate extends CertificateSource {
  readonly authority: string;
}

/** A certificate of our own for this machine's loopback names and the given host, signed by an authority made with it. */
export async function ownCertificate(host: string, now: Date): Promise<OwnCertificate> {
  // Only here: in a cluster the certificate comes from files, and what makes one need not be loaded.
  const { createAuthority, issueLeaf } = await import("../pki/authority.ts");
  const authority = await createAuthority("Outrigger webhook on this machine", validFor(OWN_DAYS, now));
  const isAddress = isIP(host) !== 0;
  const leaf = await issueLeaf(authority, {
    dnsNames: [...new Set([...OWN_NAMES, ...(isAddress || host === "" ? [] : [host])])],
    ipAddresses: [...new Set([...OWN_ADDRESSES, ...(isAddress ? [host] : [])])],
    usage: "server",
    validity: validFor(OWN_DAYS, now),
  });
  const origin = { certificate: "own certificate", key: "own key" };
  const credentials = checkCredentials(leaf.certificate, leaf.key, origin);
  return { current: () => credentials, onChange: () => () => {}, authority: authority.certificate };
}
