import { create } from "@bufbuild/protobuf";
import type { MeshView } from "../../graph/view.ts";
import type { Credentials } from "../../pki/certificate-source.ts";
import type { SharedAuthority } from "../../pki/shared-authority.ts";
import type { Log } from "../../serving/log.ts";
import { type Resource, resourceOf } from "../../xds/encode/resource.ts";
import { SecretSchema } from "../../xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { secretName, sourcesOf } from "../../xds/translate/secrets.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";

export interface NodeCertificatesParts {
  /** Called when a node needs it first; most meshes never do. */
  readonly authority: () => Promise<Pick<SharedAuthority, "certificate" | "issue" | "bundle" | "onBundle">>;
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
  readonly timer: NodeJS.Timeout;
  /** It is time for another one, as soon as somebody has the view. */
  isDue: boolean;
}

/**
 * Certificates for nodes whose listeners want one of ACM, and the roots by which their clients check them: as secrets of a view. A certificate
 * is made when a view needs it first, comes with the next change of the view, and is renewed at about two thirds of its life.
 */
export class NodeCertificates {
  readonly #parts: NodeCertificatesParts;
  readonly #entries = new Map<string, Entry>();
  readonly #issuing = new Set<string>();
  /** Views that need something of the authority. */
  readonly #views = new Set<string>();
  #authority: Awaited<ReturnType<NodeCertificatesParts["authority"]>> | undefined;
  #isStarted = false;

  constructor(parts: NodeCertificatesParts) {
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => {
      for (const { timer } of this.#entries.values()) clearTimeout(timer);
    });
  }

  /** What there is by now of the secrets that a view needs; of what is missing the view is told to have changed once it is there. */
  secretsOf(key: string, view: MeshView): readonly Resource[] {
    const sources = new Map(
      sourcesOf(view).flatMap((source) => (source.kind === "acm" ? [[secretName(source), source] as const] : [])),
    );
    if (sources.size === 0) {
      this.#views.delete(key);
      return [];
    }
    this.#views.add(key);
    const bundle = this.#roots()?.bundle();
    const names = view.kind === "virtualNode" ? view.certificateNames : [];
    const credentials = bundle === undefined || names.length === 0 ? undefined : this.#credentials(key, names);
    return [...sources].flatMap(([name, source]) => {
      if ("arns" in source) return bundle === undefined ? [] : [trust(name, bundle, view)];
      return credentials === undefined ? [] : [certificate(name, credentials, view)];
    });
  }

  #roots(): Pick<SharedAuthority, "bundle"> | undefined {
    if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#start();
    }
    return this.#authority;
  }

  async #start(): Promise<void> {
    const { authority, changed, log, signal } = this.#parts;
    try {
      const found = await authority();
      await found.certificate;
      this.#authority = found;
      const all = (): void => {
        for (const view of this.#views) changed(view);
      };
      found.onBundle(all, signal);
      all();
    } catch (error) {
      if (!signal.aborted) log.error({ problem: String(error) }, "there is no authority for certificates of nodes");
    }
  }

  /** The one that there is, also while another one is being made. */
  #credentials(key: string, names: readonly string[]): Credentials | undefined {
    const entry = this.#entries.get(key);
    const wanted = names.join(" ");
    const isGood = entry?.names === wanted;
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
      const { renewalShare, renewalJitter } = CONTROL_PLANE_LIMITS;
      const share = renewalShare * (1 - renewalJitter * random());
      const timer = setTimeout(() => this.#renew(key), (credentials.notAfter.getTime() - begun) * share).unref();
      clearTimeout(this.#entries.get(key)?.timer);
      this.#entries.set(key, { names: names.join(" "), credentials, timer, isDue: false });
      log.info({ view: key, names, notAfter: credentials.notAfter }, "certificate of a node made");
    } catch (error) {
      log.error({ view: key, problem: String(error) }, "a certificate of a node could not be made");
      setTimeout(() => this.#tell(key), CONTROL_PLANE_LIMITS.certificateRetry).unref();
      return;
    }
    this.#tell(key);
  }

  #tell(key: string): void {
    this.#issuing.delete(key);
    this.#parts.changed(key);
  }

  /** Where nobody has the view any more nobody asks for its secrets, and it is forgotten. */
  #renew(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.isDue = true;
    this.#parts.changed(key);
    setTimeout(() => {
      if (this.#entries.get(key)?.isDue === true) this.#entries.delete(key);
    }, CONTROL_PLANE_LIMITS.forgetCertificate).unref();
  }
}

function certificate(name: string, { certificate: chain, key }: Credentials, { object }: MeshView): Resource {
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
