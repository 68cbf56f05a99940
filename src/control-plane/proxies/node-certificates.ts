import { X509Certificate } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { TlsSource } from "../../graph/tls-view.ts";
import type { MeshView } from "../../graph/view.ts";
import type { ShownCertificate } from "../../pki/certificate-secret.ts";
import type { Credentials } from "../../pki/certificate-source.ts";
import { certificatesIn, isSignedBy } from "../../pki/certificates-in.ts";
import type { SharedAuthority } from "../../pki/shared-authority.ts";
import type { Log } from "../../serving/log.ts";
import { type Resource, resourceOf } from "../../xds/encode/resource.ts";
import { SecretSchema } from "../../xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { secretName, sourcesIn } from "../../xds/translate/secrets.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import type { KnownCertificates } from "./known-certificates.ts";

export interface NodeCertificatesParts {
  /** Called when a node needs it first; most meshes never do. */
  readonly authority: () => Promise<Pick<SharedAuthority, "certificate" | "issue" | "bundle" | "onBundle">>;
  /** ARNs that mean Secrets, which the authority has nothing to do with. */
  readonly known: Pick<KnownCertificates, "of" | "onChange">;
  /** Is told the key of each view whose secrets are others now. */
  readonly changed: (view: string) => void;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** The certificate of one node at this replica: its key never leaves the process but to the node's own proxies. */
interface Entry {
  readonly names: string;
  readonly credentials: Credentials;
  timer: NodeJS.Timeout;
  /** It is time for another one, as soon as somebody has the view. */
  isDue: boolean;
  /** Somebody had the view since it was due. */
  isAsked: boolean;
}

/**
 * Certificates for nodes whose listeners want one of ACM, and the roots by which their clients check them: as secrets of a view. An ARN means
 * a Secret, where the configuration says so; else a certificate is made when a view needs it first, comes with the next change of the view,
 * and is renewed at about two thirds of its life.
 */
export class NodeCertificates {
  readonly #parts: NodeCertificatesParts;
  readonly #entries = new Map<string, Entry>();
  readonly #issuing = new Set<string>();
  /** Views that need something of the authority. */
  readonly #views = new Set<string>();
  /** Those that do not have it, and since when. */
  readonly #waiting = new Map<string, number>();
  #authority: Awaited<ReturnType<NodeCertificatesParts["authority"]>> | undefined;
  #isStarted = false;

  constructor(parts: NodeCertificatesParts) {
    this.#parts = parts;
    parts.known.onChange(() => this.#tellAll(), parts.signal);
    parts.signal.addEventListener("abort", () => {
      for (const { timer } of this.#entries.values()) clearTimeout(timer);
    });
  }

  /** What there is by now of the secrets that a view needs; of what is missing the view is told to have changed once it is there. */
  secretsOf(key: string, view: MeshView): readonly Resource[] {
    const sources = new Map(
      sourcesIn(view).flatMap((source) => (source.kind === "acm" ? [[secretName(source), source] as const] : [])),
    );
    if (sources.size === 0) {
      this.forget(key);
      return [];
    }
    this.#views.add(key);
    const found = [...sources].flatMap(([name, source]) => {
      if ("arns" in source) {
        const trusted = this.#trusted(source.arns);
        return trusted === "" ? [] : [trust(name, trusted, view)];
      }
      const shown = this.#shown(source.arn, key, view);
      return shown === undefined ? [] : [certificate(name, shown, view)];
    });
    const lacks = [...sources.values()].some((source) => this.#lacks(source, key, view));
    if (!lacks) this.#waiting.delete(key);
    else if (!this.#waiting.has(key)) this.#waiting.set(key, this.#parts.now());
    return found;
  }

  /** A view is none any more. Its certificate goes when it would have been renewed. */
  forget(key: string): void {
    this.#views.delete(key);
    this.#waiting.delete(key);
  }

  /** Keys of the views that have waited for long for what the authority is to give them, or did so when somebody had them last. */
  late(): readonly string[] {
    const before = this.#parts.now() - CONTROL_PLANE_LIMITS.certificateLate;
    return [...this.#waiting].flatMap(([key, since]) => (since <= before ? [key] : []));
  }

  /** Whether something of the authority's is not there yet; one that may have no certificate waits for none. */
  #lacks(source: Extract<TlsSource, { kind: "acm" }>, key: string, { certificateNames: names }: MeshView): boolean {
    const isOurs = (arn: string): boolean => this.#parts.known.of(arn) === undefined;
    if ("arns" in source) return source.arns.some(isOurs) && this.#authority === undefined;
    return isOurs(source.arn) && names.length > 0 && this.#entries.get(key)?.names !== names.join(" ");
  }

  /** What the proxies of a view show by an ARN: never a Secret that is not for their namespace. */
  #shown(arn: string, key: string, view: MeshView): ShownCertificate | undefined {
    const meant = this.#parts.known.of(arn);
    if (meant !== undefined) return meant.namespaces.includes(view.object.namespace) ? meant.shown : undefined;
    const names = view.certificateNames;
    if (this.#roots() === undefined || names.length === 0) return undefined;
    return this.#credentials(key, names);
  }

  /** Roots of all ARNs of a client, PEM; empty: none is known. */
  #trusted(arns: readonly string[]): string {
    const found = arns.map((arn) => {
      const meant = this.#parts.known.of(arn);
      return meant === undefined ? this.#roots()?.bundle() : meant.authorities;
    });
    return [...new Set(found)].filter((pem) => pem !== undefined).join("");
  }

  #roots(): Pick<SharedAuthority, "bundle"> | undefined {
    if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#start();
    }
    return this.#authority;
  }

  async #start(): Promise<void> {
    const { authority, log, signal } = this.#parts;
    try {
      const found = await authority();
      await found.certificate;
      this.#authority = found;
      const replaced = (): void => {
        this.#distrust();
        this.#tellAll();
      };
      found.onBundle(replaced, signal);
      this.#tellAll();
    } catch (error) {
      if (!signal.aborted) log.error({ problem: String(error) }, "there is no authority for certificates of nodes");
    }
  }

  /** The one that there is, also while another one is being made. */
  #credentials(key: string, names: readonly string[]): Credentials | undefined {
    const entry = this.#entries.get(key);
    const wanted = names.join(" ");
    const isGood = entry?.names === wanted;
    if (entry !== undefined) entry.isAsked = true;
    if ((!isGood || entry.isDue) && !this.#issuing.has(key)) void this.#issue(key, names);
    return isGood ? entry.credentials : undefined;
  }

  async #issue(key: string, names: readonly string[]): Promise<void> {
    const { log, now, random, signal } = this.#parts;
    this.#issuing.add(key);
    try {
      const begun = now();
      const credentials = await this.#authority?.issue({ dnsNames: names });
      if (credentials === undefined || signal.aborted) return;
      const { certificateRetry, renewalShare, renewalJitter } = CONTROL_PLANE_LIMITS;
      const share = renewalShare * (1 - renewalJitter * random());
      // of an authority that has ended, or is about to, each one ends at once
      const life = Math.max(certificateRetry, (credentials.notAfter.getTime() - begun) * share);
      const timer = setTimeout(() => this.#renew(key), life).unref();
      clearTimeout(this.#entries.get(key)?.timer);
      const isDue = !this.#isTrusted(credentials);
      this.#entries.set(key, { names: names.join(" "), credentials, timer, isDue, isAsked: false });
      log.info({ view: key, names, notAfter: credentials.notAfter }, "certificate of a node made");
    } catch (error) {
      log.error({ view: key, problem: String(error) }, "a certificate of a node could not be made");
      setTimeout(() => this.#tell(key), CONTROL_PLANE_LIMITS.certificateRetry).unref();
      return;
    }
    this.#tell(key);
  }

  #tellAll(): void {
    for (const view of this.#views) this.#parts.changed(view);
  }

  #tell(key: string): void {
    this.#issuing.delete(key);
    this.#parts.changed(key);
  }

  /** The authority's roots are others, as where its Secret was replaced: whoever gets them does not trust what others have signed. */
  #distrust(): void {
    for (const entry of this.#entries.values()) entry.isDue ||= !this.#isTrusted(entry.credentials);
  }

  #isTrusted({ certificate: chain }: Credentials): boolean {
    return isSignedBy(new X509Certificate(chain), certificatesIn(this.#authority?.bundle() ?? "") ?? []);
  }

  /**
   * Where nobody has the view any more nobody asks for its secrets, and it is forgotten. Where another one cannot be made, the old one stays.
   */
  #renew(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.isDue = true;
    entry.isAsked = false;
    entry.timer = setTimeout(() => {
      if (this.#entries.get(key) !== entry) return;
      if (entry.isAsked) this.#renew(key);
      else this.#entries.delete(key);
    }, CONTROL_PLANE_LIMITS.forgetCertificate).unref();
    this.#parts.changed(key);
  }
}

function certificate(name: string, { certificate: chain, key }: ShownCertificate, { object }: MeshView): Resource {
  const value = { certificateChain: inline(chain), privateKey: inline(key) };
  return resourceOf(create(SecretSchema, { name, type: { case: "tlsCertificate", value } }), [object]);
}

function trust(name: string, bundle: string, { object }: MeshView): Resource {
  const value = { trustedCa: inline(bundle) };
  return resourceOf(create(SecretSchema, { name, type: { case: "validationContext", value } }), [object]);
}

function inline(text: string) {
  return { specifier: { case: "inlineString", value: text } } as const;
}
