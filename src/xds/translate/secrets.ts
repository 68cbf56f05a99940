import { hash } from "node:crypto";
import { posix } from "node:path";
import { create } from "@bufbuild/protobuf";
import { serverTls, sourcesOf } from "../../graph/tls.ts";
import type { TlsSource } from "../../graph/tls-view.ts";
import type { MeshView } from "../../graph/view.ts";
import { type Resource, resourceFrom } from "../encode/resource.ts";
import { type Secret, SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { XDS_LIMITS } from "../limits.ts";

/* Certificates, and whose certificates are trusted, as secrets that name files. */

/**
 * By which name a secret is asked for; of one that is too long to be asked for its hash is the name. An ARN is what the called node's owner
 * wrote, and must not end the streams of those who call it, nor come to the name of what these trust. Of sources that nobody can serve it is a
 * name that does not exist.
 */
export function secretName(source: TlsSource): string {
  const name = wholeName(source);
  if (Buffer.byteLength(name) <= XDS_LIMITS.nameLength) return name;
  const [kind = ""] = name.split(":", 1);
  // a `%` with something else than a letter's code behind it is in no other name
  return `${kind}:%:${hash("sha256", name)}`;
}

function wholeName(source: TlsSource): string {
  switch (source.kind) {
    case "file":
      return "privateKey" in source
        ? `file-certificate:${[source.certificateChain, source.privateKey].map(withoutColon).join(":")}${beside(source.beside)}`
        : `file-trust:${withoutPercent(source.certificateChain)}${beside(...(source.beside ?? []))}`;
    case "sds":
      return `no-sds-socket:${withoutPercent(source.secretName)}`;
    case "acm":
      return "arn" in source
        ? `acm-certificate:${withoutPercent(source.arn)}`
        : `acm-trust:${source.arns.map(withoutComma).join(",")}${beside(...(source.beside ?? []))}`;
    case "unusable":
      return "unusable";
  }
}

/** What stands behind the name of one that is used beside these. A `%` with something else than a letter's code behind it is in no name. */
function beside(...paths: readonly (string | undefined)[]): string {
  const given = paths.filter((path) => path !== undefined);
  return given.length === 0 ? "" : `:%with:${given.map(withoutColon).join(":")}`;
}

/* Texts without what stands between two of them, so that no two lists come to one name. */

function withoutPercent(text: string): string {
  return text.replaceAll("%", "%25");
}

function withoutColon(text: string): string {
  return withoutPercent(text).replaceAll(":", "%3A");
}

function withoutComma(text: string): string {
  return withoutPercent(text).replaceAll(",", "%2C");
}

/** The secrets of a view that name files, each once. */
export function secrets(view: MeshView): readonly Resource[] {
  const found = new Map<string, Resource>();
  for (const source of sourcesIn(view)) {
    const name = secretName(source);
    if (source.kind === "file" && !found.has(name)) found.set(name, resourceFrom(fileSecret, [view.object], source));
  }
  return [...found.values()];
}

/** A secret that the control plane makes, of what it signs itself: by its name. */
export interface SignedSecret {
  readonly name: string;
  readonly kind: "certificate" | "trust";
}

/** The secrets of a view that the control plane makes, each once. */
export function signedSecrets(view: MeshView): readonly SignedSecret[] {
  const found = new Map(
    sourcesIn(view).flatMap((source) => {
      if (source.kind !== "acm") return [];
      const name = secretName(source);
      return [[name, { name, kind: "arns" in source ? "trust" : "certificate" }] as const];
    }),
  );
  return [...found.values()];
}

/** Every certificate and trust that the proxies of a view use, as often as they do. */
export function sourcesIn(view: MeshView): readonly TlsSource[] {
  const sides = [
    ...view.listeners.map(({ tls }) => serverTls(tls)),
    ...(view.kind === "virtualNode"
      ? view.listeners.flatMap(({ namedTls }) => namedTls.map(({ tls }) => serverTls(tls)))
      : []),
    ...view.targets.flatMap(({ listeners }) =>
      listeners.flatMap(({ connections }) => connections.map(({ tls }) => tls)),
    ),
  ];
  return sides.flatMap(sourcesOf);
}

type FileSource = Extract<TlsSource, { kind: "file" }>;

/**
 * The files are read again when something in the folder is renamed, which is how Kubernetes brings changes of Secrets and ConfigMaps into
 * containers (https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret#key-rotation).
 */
function fileSecret(source: FileSource): Secret {
  const watchedDirectory = { path: posix.dirname(source.certificateChain) };
  const type =
    "privateKey" in source
      ? ({
          case: "tlsCertificate",
          value: {
            certificateChain: file(source.certificateChain),
            privateKey: file(source.privateKey),
            watchedDirectory,
          },
        } as const)
      : ({ case: "validationContext", value: { trustedCa: file(source.certificateChain), watchedDirectory } } as const);
  return create(SecretSchema, { name: secretName(source), type });
}

function file(filename: string) {
  return { specifier: { case: "filename", value: filename } } as const;
}
