import { isIP } from "node:net";
import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ClientPolicy, ListenerTls } from "../model/tls.ts";
import { certificateOf, trustOf, UNUSABLE } from "./tls-source.ts";
import type {
  CertificateView,
  ClientTlsView,
  ServerTlsView,
  TlsSource,
  TrustView,
  ValidationView,
} from "./tls-view.ts";

/* What the fields of TLS come to, of listeners and of client policies: one way to say each thing, with App Mesh's standards. */

type Written = DeepReadonly<ListenerTls> | undefined;
type WrittenClientCheck = DeepReadonly<NonNullable<ListenerTls["validation"]>>;
export type WrittenClientTls = DeepReadonly<NonNullable<ClientPolicy["tls"]>>;

/** What a listener speaks; undefined: plain text, as with mode DISABLED. */
export function serverTls(tls: Written): ServerTlsView | undefined {
  if (tls === undefined || tls.mode === "DISABLED") return undefined;
  const { validation } = tls;
  const certificate = certificateOf(tls.certificate);
  if (validation === undefined) return { mode: tls.mode, certificate, validation };
  const trust = admitsNobody(validation) ? UNUSABLE : trustOf(validation.trust);
  const names = namesOf(validation.subjectAlternativeNames);
  return {
    mode: tls.mode,
    certificate: certificateBeside(certificate, trust),
    validation: { trust: trustBeside(trust, certificate), names },
  };
}

/** The certificates that one side of a connection needs. */
export function sourcesOf(side: ServerTlsView | ClientTlsView | undefined): readonly TlsSource[] {
  return [side?.certificate, side?.validation?.trust].filter((source) => source !== undefined);
}

function certificateBeside(certificate: CertificateView, trust: TrustView): CertificateView {
  if (certificate.kind !== "file" || trust.kind !== "file") return certificate;
  return { ...certificate, beside: trust.certificateChain };
}

function trustBeside(trust: TrustView, certificate: CertificateView | undefined): TrustView {
  if (certificate?.kind !== "file" || (trust.kind !== "file" && trust.kind !== "acm")) return trust;
  return { ...trust, beside: [certificate.certificateChain, certificate.privateKey] };
}

/**
 * Whether no client can show what a listener asks for: a list of names that are none would let everybody in, and what is signed in the place of
 * ACM is for servers alone.
 */
function admitsNobody(validation: WrittenClientCheck): boolean {
  return listsNobody(validation) || validation.trust.acm !== undefined;
}

/** Whether a listener lists names of clients, and none of them can be one. */
export function listsNobody({ subjectAlternativeNames }: WrittenClientCheck): boolean {
  return subjectAlternativeNames !== undefined && namesOf(subjectAlternativeNames).length === 0;
}

/**
 * How a client connects to a listener. With a policy for its port: TLS, or without `enforce` TLS where the listener has it; the certificate
 * is checked. `hostname`: how the target is called. Without one the listener decides, and its certificate is checked only where App Mesh itself knew who signs it, which is with `acm`.
 */
export function clientTls(
  policy: WrittenClientTls | undefined,
  port: number,
  listener: Written,
  hostname: string | undefined,
): ClientTlsView | undefined {
  const server = serverTls(listener);
  // a certificate names it without a dot at the end, and Envoy compares letter by letter
  const host = hostname === undefined ? undefined : withoutDot(hostname);
  const serverName = host !== undefined && isIP(host) === 0 ? host : undefined;
  const ownName = host === undefined ? [] : [host];
  if (policy === undefined || !isFor(policy, port)) {
    if (server === undefined) return undefined;
    const { certificate } = server;
    const validation: ValidationView | undefined =
      certificate.kind === "acm" ? { trust: { kind: "acm", arns: [certificate.arn] }, names: ownName } : undefined;
    return { certificate: undefined, validation, serverName };
  }
  if (policy.enforce === false && server === undefined) return undefined;
  const { validation } = policy;
  const certificate = policy.certificate && certificateOf(policy.certificate);
  const trust = trustOf(validation.trust);
  const names = namesOf(validation.subjectAlternativeNames);
  return {
    certificate: certificate && certificateBeside(certificate, trust),
    validation: { trust: trustBeside(trust, certificate), names: names.length > 0 ? names : ownName },
    serverName,
  };
}

/** Whether a policy counts for a port of the target. */
export function isFor({ ports = [] }: WrittenClientTls, port: number): boolean {
  return ports.length === 0 || ports.includes(port);
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** A list of names and what of it counts; each cluster of a client repeats it, so that it is bounded. */
const MOST_NAMES = 100;
const MOST_CHARACTERS_OF_NAMES = 16_384;

type WrittenNames = WrittenClientCheck["subjectAlternativeNames"];

function namesOf(given: WrittenNames): readonly string[] {
  return listedNames(given).counting;
}

/** The names that count, each once, and how many stand beyond what a list may have: nobody looks at those. */
export function listedNames(given: WrittenNames): { readonly counting: readonly string[]; readonly beyond: number } {
  const written = given?.match.exact ?? [];
  let characters = 0;
  const found = written.findIndex((name, index) => {
    characters += name.length;
    return index >= MOST_NAMES || characters > MOST_CHARACTERS_OF_NAMES;
  });
  const read = found < 0 ? written : written.slice(0, found);
  const counting = [...new Set(read.map(withoutDot).filter((name) => name !== ""))];
  return { counting, beyond: written.length - read.length };
}
