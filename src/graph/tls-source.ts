import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ClientPolicy, ListenerTls } from "../model/tls.ts";
import type { CertificateView, TrustView } from "./tls-view.ts";

/* Where the certificates of TLS are, own ones and trusted ones: which of these can be used, and what is wrong with the others. */

type WrittenCertificate = DeepReadonly<ListenerTls["certificate"]>;
type WrittenTrust = DeepReadonly<NonNullable<ClientPolicy["tls"]>["validation"]["trust"]>;

/** Why nothing can be made of a certificate, or of a trust. */
export interface SourceFlaw {
  /** Where below it, such as `.file.privateKey`; empty: all of it. */
  readonly at: string;
  readonly found: string;
  readonly help: string;
}

/** Of a secret's name or an ARN, which each cluster of a client repeats; ARNs have no more. */
const MOST_CHARACTERS = 2048;

/** Everything that is wrong with a certificate, or with a trust; empty: it can be used. */
export function sourceFlaws({ acm, file, sds }: WrittenCertificate | WrittenTrust): readonly SourceFlaw[] {
  const given = Object.entries({ acm, file, sds }).flatMap(([kind, one]) => (one === undefined ? [] : kind));
  const [kind, ...others] = given;
  if (kind === undefined || others.length > 0) {
    const found = kind === undefined ? "none of file, sds and acm is given" : `${given.join(" and ")} are given`;
    return [{ at: "", found, help: "give exactly one" }];
  }
  const flaws: SourceFlaw[] = [];
  for (const [field, path] of Object.entries(file ?? {})) {
    if (isWhole(path)) continue;
    const found = `${JSON.stringify(path)} is no path from the root of the container of Envoy`;
    flaws.push({ at: `.file.${field}`, found, help: "write the path where the volume is mounted there" });
  }
  if (sds?.secretName === "") {
    const help = "write the name that the server knows";
    flaws.push({ at: ".sds.secretName", found: "a secret needs a name", help });
  }
  const arns = acm && ("certificateARN" in acm ? [acm.certificateARN] : acm.certificateAuthorityARNs);
  const longest = Math.max(...(arns ?? [sds?.secretName ?? ""]).map(({ length }) => length));
  if (longest > MOST_CHARACTERS) {
    const found = `it has ${longest} characters`;
    flaws.push({ at: `.${kind}`, found, help: `write at most ${MOST_CHARACTERS}` });
  }
  return flaws;
}

/** A path that means the same wherever Envoy was started. */
function isWhole(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0");
}

export function certificateOf(written: WrittenCertificate): CertificateView {
  const { acm, file, sds } = written;
  if (sourceFlaws(written).length > 0) return UNUSABLE;
  if (acm !== undefined) return { kind: "acm", arn: acm.certificateARN };
  if (sds !== undefined) return { kind: "sds", secretName: sds.secretName };
  if (file === undefined) return UNUSABLE;
  return { kind: "file", certificateChain: file.certificateChain, privateKey: file.privateKey };
}

export function trustOf(written: WrittenTrust): TrustView {
  const { acm, file, sds } = written;
  if (sourceFlaws(written).length > 0) return UNUSABLE;
  if (acm !== undefined) return { kind: "acm", arns: acm.certificateAuthorityARNs };
  if (sds !== undefined) return { kind: "sds", secretName: sds.secretName };
  return file === undefined ? UNUSABLE : { kind: "file", certificateChain: file.certificateChain };
}

export const UNUSABLE = { kind: "unusable" } as const;
