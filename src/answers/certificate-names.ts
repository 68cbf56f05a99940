import { X509Certificate } from "node:crypto";
import { isObject, type Json, type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";

/** A certificate that an Envoy shows to others. */
export interface ShownCertificate {
  /** Its file in the pod, or what its secret is called. */
  readonly path: string;
  /** Names, addresses and URIs that it is for. */
  readonly names: readonly string[];
}

/**
 * An Envoy's own certificates in an answer to `/config_dump`: also of those in files Envoy has the text there, and never a key. Undefined: it is no
 * such answer.
 */
export function shownCertificates(dump: Json | undefined): readonly ShownCertificate[] | undefined {
  if (!Array.isArray(member(dump, "configs"))) return undefined;
  const shown = entriesOf(dump, "secret", "dynamic_active_secrets").flatMap((secret): ShownCertificate[] => {
    const name = stringOf(secret["name"]) ?? "";
    const chain = member(secret["tls_certificate"], "certificate_chain");
    const bytes = Buffer.from(stringOf(member(chain, "inline_bytes")) ?? "", "base64").toString();
    const names = namesIn(stringOf(member(chain, "inline_string")) ?? bytes);
    // as translation names the secret of two files
    const [, path = name] = /^file-certificate:([^:]*):/.exec(name) ?? [];
    return names === undefined ? [] : [{ path, names }];
  });
  // one file is a secret of its own beside each that is trusted
  return [...new Map(shown.map((one) => [JSON.stringify(one), one])).values()];
}

/** Of the first certificate of a chain, which is its own. */
function namesIn(pem: string): readonly string[] | undefined {
  try {
    const { subjectAltName = "" } = new X509Certificate(pem);
    // DNS:a, URI:b, IP Address:c
    return subjectAltName === "" ? [] : subjectAltName.split(", ").map((name) => name.replace(/^[A-Za-z ]+:/, ""));
  } catch {
    return undefined;
  }
}

/** All resources of a kind, or those that were asked for. */
function entriesOf(dump: Json | undefined, field: string, list: string): readonly JsonObject[] {
  return objectsOf(member(dump, "configs"))
    .flatMap((config) => (isObject(config[field]) ? [config] : objectsOf(config[list])))
    .flatMap((config) => (isObject(config[field]) ? [config[field]] : []));
}

/**
 * The names of which a certificate must have one, as a cluster of an Envoy has it in an answer to `/config_dump`; `*.example.com` where all of a domain
 * are. None: any name is accepted. Undefined: the cluster is not there.
 */
export function acceptedNames(dump: Json | undefined, cluster: string): readonly string[] | undefined {
  const found = entriesOf(dump, "cluster", "dynamic_active_clusters").find(
    ({ name, alt_stat_name: statistics }) => name === cluster || statistics === cluster,
  );
  if (found === undefined) return undefined;
  const common = member(member(member(found, "transport_socket"), "typed_config"), "common_tls_context");
  const combined = member(member(common, "combined_validation_context"), "default_validation_context");
  const names = objectsOf(member(combined, "match_typed_subject_alt_names")).flatMap(({ matcher }) => {
    const [exact, suffix] = [stringOf(member(matcher, "exact")), stringOf(member(matcher, "suffix"))];
    return exact ?? (suffix === undefined ? [] : `*${suffix}`);
  });
  return [...new Set(names)];
}

/** Whether a certificate for these names has one that is accepted. */
export function isAccepted(names: readonly string[], accepted: readonly string[]): boolean {
  if (accepted.length === 0) return true;
  return names.some((name) =>
    accepted.some((one) =>
      one.startsWith("*.") ? name.toLowerCase().endsWith(one.slice(1).toLowerCase()) : one === name,
    ),
  );
}
