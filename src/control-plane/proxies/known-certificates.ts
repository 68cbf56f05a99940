import { isDeepStrictEqual } from "node:util";
import { KubeError } from "../../kube/kube-error.ts";
import { ToldChanges } from "../../kube/told-changes.ts";
import { read, type Writer } from "../../kube/writes.ts";
import type { CertificateSecret } from "../../model/certificate-secrets.ts";
import type { CertificateSecretChange } from "../../model/mesh-change.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { secretReference } from "../../pki/authority-secret.ts";
import {
  type ReadCertificateSecret,
  readCertificateSecret,
  type ShownCertificate,
} from "../../pki/certificate-secret.ts";
import { followObjects } from "../../pki/follow-object.ts";
import { reconcile } from "../../pki/reconcile.ts";
import { WakeUp } from "../../pki/wake-up.ts";
import type { Log } from "../../serving/log.ts";

export interface KnownCertificatesParts {
  readonly client: Writer["client"];
  /** The setting `controlPlane.certificates.secrets`. */
  readonly secrets: readonly CertificateSecret[];
  /** Nothing of a key or a certificate is ever said. */
  readonly log: Log;
  readonly now: () => Date;
}

/** What an ARN means. */
export interface MeantCertificate {
  /** Proxies of these alone may have the certificate with its key. */
  readonly namespaces: readonly string[];
  /** Undefined: there is none that could be used. */
  readonly shown: ShownCertificate | undefined;
  /** Trusted authorities, PEM; undefined: none that could be used. */
  readonly authorities: string | undefined;
}

/** The Secrets that ARNs mean, as they are, until the signal; keys are in here, and go to proxies alone. */
export class KnownCertificates {
  /** Resolves when each was looked for once, whatever came of it. */
  readonly synced: Promise<void>;
  readonly #parts: KnownCertificatesParts;
  readonly #read = new Map<string, ReadCertificateSecret>();
  readonly #pending = new Map<string, CertificateSecretChange>();
  readonly #told = new ToldChanges<CertificateSecretChange>({
    everything: () => [...this.#read].map(([name, { facts }]) => ({ kind: "certificateSecret", name, after: facts })),
    take: () => {
      const changes = [...this.#pending.values()];
      this.#pending.clear();
      return changes;
    },
  });

  constructor(parts: KnownCertificatesParts, signal: AbortSignal) {
    this.#parts = parts;
    const names = new Set(parts.secrets.map(({ secret }) => secret));
    this.synced = Promise.all([...names].map((name) => this.#follow(name, signal))).then(() => this.#told.known());
  }

  /** What is known of every Secret, and from then on what changes, until the signal: its content too, of which nothing is told. */
  onChange(listener: (changes: readonly CertificateSecretChange[]) => void, signal: AbortSignal): void {
    this.#told.onChange(listener, signal);
  }

  /** Undefined: no Secret is meant, so that the control plane signs. */
  of(arn: string): MeantCertificate | undefined {
    const meant = this.#parts.secrets.find((one) => one.arn === arn);
    if (meant === undefined) return undefined;
    const found = this.#read.get(meant.secret);
    return { namespaces: meant.namespaces, shown: found?.shown, authorities: found?.authorities };
  }

  /** Resolves when it was looked for once. */
  #follow(name: string, signal: AbortSignal): Promise<void> {
    const { client, log, now } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const reference = secretReference({ namespace: CONTROL_PLANE_NAMESPACE, name });
    const where = `Secret ${name} in namespace ${CONTROL_PLANE_NAMESPACE}`;
    const step = async (): Promise<number> => {
      const object = await read({ client, signal }, reference);
      const found = readCertificateSecret(object, where, now());
      // whoever breaks one gets no other than the last good one; whoever deletes it takes it away
      const before = object === undefined ? undefined : this.#read.get(name);
      const { shown = before?.shown, authorities = before?.authorities } = found;
      this.#put(name, { ...found, shown, authorities });
      resolve();
      return found.next === undefined ? Number.MAX_SAFE_INTEGER : found.next.getTime() - now().getTime();
    };
    const failed = (error: unknown): void => {
      const { message } = error as Error;
      log.warn({ secret: name, problem: message }, "a Secret that an ARN means cannot be read");
      if (error instanceof KubeError && error.status === 403) {
        const help = "allow it by its Role in that namespace: an installation that knows the setting does";
        const flaw = { found: `the control plane may not read ${where}`, help };
        const before = this.#read.get(name) ?? { shown: undefined, authorities: undefined };
        this.#put(name, { ...before, facts: { certificate: flaw, authority: flaw }, next: undefined });
      }
      resolve();
    };
    void reconcile({ follow: followObjects(client, [reference]), step, failed }, new WakeUp(), signal);
    signal.addEventListener("abort", () => resolve(), { once: true });
    return promise;
  }

  #put(name: string, found: ReadCertificateSecret): void {
    const before = this.#read.get(name);
    this.#read.set(name, found);
    if (before !== undefined && sameContent(before, found)) return;
    const { certificate, authority } = found.facts;
    const fields = { secret: name, certificate: certificate?.found, authority: authority?.found };
    this.#parts.log.info(fields, "a Secret that an ARN means is another one");
    this.#pending.set(name, { kind: "certificateSecret", name, after: found.facts });
    this.#told.changed();
  }
}

function sameContent(before: ReadCertificateSecret, after: ReadCertificateSecret): boolean {
  return (
    isDeepStrictEqual(before.facts, after.facts) &&
    before.shown?.certificate === after.shown?.certificate &&
    before.shown?.key === after.shown?.key &&
    before.authorities === after.authorities
  );
}
