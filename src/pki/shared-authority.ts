import type { KubeClient } from "../kube/client.ts";
import type { Writer } from "../kube/writes.ts";
import type { Log } from "../serving/log.ts";
import { advance, withDelivery, withNext } from "./advance.ts";
import { AuthorityError } from "./authority-error.ts";
import {
  readAuthority,
  type SecretName,
  type StoredAuthority,
  secretReference,
  writeAuthority,
} from "./authority-secret.ts";
import { type AuthorityState, bundleOf, firstState } from "./authority-state.ts";
import type { CertificateSource, Credentials } from "./certificate-source.ts";
import { followObjects } from "./follow-object.ts";
import { type AuthorityPolicy, LEAF_RENEWAL_SHARE } from "./policy.ts";
import { reconcile } from "./reconcile.ts";
import { type LeafNames, newLeaf, newRoot } from "./sign.ts";
import type { TrustPlace } from "./trust-place.ts";
import { WakeUp } from "./wake-up.ts";

export interface SharedAuthorityParts {
  readonly client: KubeClient;
  readonly fieldManager: Writer["fieldManager"];
  /** Where all replicas share it. Needs `get`, `watch` and `update` of that name, and `create` of Secrets in its namespace. */
  readonly secret: SecretName;
  /** Of roots, followed by the instant at which each was made. */
  readonly commonName: string;
  readonly leaf: LeafNames;
  readonly policy: AuthorityPolicy;
  /**
   * Where this process itself publishes the bundle, and whose state it then knows. Without one, a successor becomes active only
   * after somebody else, `outrigger trust rotate`, found it delivered.
   */
  readonly place: ((writer: Writer) => TrustPlace) | undefined;
  /** Nothing of a key or a certificate is ever said. */
  readonly log: Log;
  readonly now: () => Date;
}

/** An authority that replicas share, and this replica's own certificate from it. */
export interface SharedAuthority {
  /** Resolves with the first certificate; the source then has the current one for ever. Rejects when the signal comes before. */
  readonly certificate: Promise<CertificateSource>;
  /** Why clients cannot verify us yet, or any more; undefined when they can. For readiness. */
  problem(): string | undefined;
  /** Signs a certificate by the active root. Rejects with {@link AuthorityError} before there is one. */
  issue(names: LeafNames): Promise<Credentials>;
  /** PEM of all trusted roots; undefined before there is an authority. */
  bundle(): string | undefined;
  /** Calls back when {@link bundle} has become another, until the signal. The listener must not throw. */
  onBundle(listener: () => void, signal: AbortSignal): void;
  /** Resolves when it has ended, after the signal. */
  readonly ended: Promise<void>;
}

/**
 * Keeps a share of an authority until the signal: makes it where there is none, follows it, has a leaf signed whose key never
 * leaves this process, renews that at half its life, and moves the roots on (see `advance`). Never throws; while the API server
 * is away, or the Secret is damaged, it goes on with what it knows.
 */
export function sharedAuthority(parts: SharedAuthorityParts, signal: AbortSignal): SharedAuthority {
  const share = new AuthorityShare(parts, signal);
  return {
    certificate: share.first.promise,
    problem: () => share.problem(),
    issue: (names) => share.issue(names),
    bundle: () => share.bundle(),
    onBundle: (listener, until) => share.onBundle(listener, until),
    ended: share.run(),
  };
}

class AuthorityShare implements CertificateSource {
  readonly first = Promise.withResolvers<CertificateSource>();

  readonly #parts: SharedAuthorityParts;
  readonly #signal: AbortSignal;
  readonly #writer: Writer;
  readonly #place: TrustPlace | undefined;
  readonly #listeners = new Set<(credentials: Credentials) => void>();
  readonly #bundleListeners = new Set<() => void>();
  #state: AuthorityState | undefined;
  #leaf: { readonly credentials: Credentials; readonly root: string; readonly renew: number } | undefined;
  #isPublished = false;
  /** What went wrong last; said once as long as it stays the same. */
  #failure = "";

  constructor(parts: SharedAuthorityParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#writer = { client: parts.client, fieldManager: parts.fieldManager, signal };
    this.#place = parts.place?.(this.#writer);
    // Whoever is not interested in the first certificate need not handle that it never came.
    this.first.promise.catch(() => {});
  }

  current(): Credentials {
    if (this.#leaf === undefined) throw new AuthorityError("not-active", "there is no certificate yet");
    return this.#leaf.credentials;
  }

  onChange(listener: (credentials: Credentials) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  problem(): string | undefined {
    const because = this.#failure === "" ? "" : `: ${this.#failure}`;
    if (this.#leaf === undefined) return `there is no certificate yet${because}`;
    if (this.#leaf.credentials.notAfter <= this.#parts.now()) return `the certificate has ended${because}`;
    if (this.#place !== undefined && !this.#isPublished) return `the authority is not published yet${because}`;
    return undefined;
  }

  async issue(names: LeafNames): Promise<Credentials> {
    const { policy, now } = this.#parts;
    if (this.#state === undefined) throw new AuthorityError("not-active", "there is no authority yet");
    return await newLeaf(this.#state.active, names, policy, now());
  }

  bundle(): string | undefined {
    return this.#state && bundleOf(this.#state);
  }

  onBundle(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#bundleListeners.add(listener);
    signal.addEventListener("abort", () => this.#bundleListeners.delete(listener), { once: true });
  }

  async run(): Promise<void> {
    const { secret, client, log } = this.#parts;
    const references = [secretReference(secret), ...(this.#place === undefined ? [] : [this.#place.reference])];
    const step = async (): Promise<number> => {
      try {
        return await this.#synchronise();
      } finally {
        await this.#renewLeaf();
      }
    };
    const failed = (error: unknown): void => {
      const { message, code } = error as Error & { code?: string };
      const fields = { secret: secret.name, code, problem: message };
      if (message !== this.#failure) log.warn(fields, "the authority cannot be kept up to date");
      this.#failure = message;
    };
    await reconcile({ follow: followObjects(client, references), step, failed }, new WakeUp(), this.#signal);
    this.first.reject(this.#signal.reason);
  }

  /** Publishes, moves the authority on, and says in how many milliseconds the next thing is due. */
  async #synchronise(): Promise<number> {
    const { now, policy, log, secret } = this.#parts;
    let stored: Held | undefined;
    const publication = this.#place?.publish(async () => {
      stored = await this.#held();
      return bundleOf(stored.state);
    });
    const outcome = await publication?.catch(async (error: unknown) => {
      // A place that cannot be written keeps roots from moving on, but not this process from having a certificate.
      await this.#held();
      throw error;
    });
    if (outcome === "written") log.info({ secret: secret.name }, "trust bundle published");
    this.#isPublished = outcome !== undefined;
    stored ??= await this.#held();
    const known = outcome === undefined ? stored.state : withDelivery(stored.state, now());
    const { state, wants, again } = advance(known, now(), policy);
    const wanted =
      wants === "nothing" ? state : withNext(state, await newRoot(this.#parts.commonName, policy, now()), now());
    if (wanted !== stored.state) {
      await this.#store(stored, wanted);
      return 0;
    }
    this.#failure = "";
    return Math.min(again.getTime(), this.#leaf?.renew ?? 0) - now().getTime();
  }

  /** The authority as it is stored; made, or put back from memory, where there is none. */
  async #held(): Promise<Held> {
    const { secret, commonName, policy, now, log } = this.#parts;
    for (;;) {
      const found = await readAuthority(this.#writer, secret);
      if (found.kind === "held") {
        const before = this.bundle();
        this.#state = found.state;
        if (this.bundle() !== before) for (const listener of this.#bundleListeners) listener();
        return found;
      }
      const state = this.#state ?? firstState(await newRoot(commonName, policy, now()), now());
      const what = this.#state === undefined ? "a new authority was made" : "the authority's Secret was put back";
      if ((await writeAuthority(this.#writer, secret, found, state)) === "written")
        log.info({ secret: secret.name }, what);
    }
  }

  async #store(stored: Held, state: AuthorityState): Promise<void> {
    const { log, secret } = this.#parts;
    if ((await writeAuthority(this.#writer, secret, stored, state)) === "overtaken") return;
    const roots = { active: state.active.id, next: state.next?.id, previous: state.previous.map(({ id }) => id) };
    log.info({ secret: secret.name, ...roots }, "the authority's roots moved on");
  }

  /** A new leaf when there is none, when half of its life is over, or when another root has become active. */
  async #renewLeaf(): Promise<void> {
    const { leaf, policy, now, log, secret } = this.#parts;
    const root = this.#state?.active;
    if (root === undefined) return;
    if (this.#leaf?.root === root.id && now().getTime() < this.#leaf.renew) return;
    const begun = now().getTime();
    const credentials = await newLeaf(root, leaf, policy, now());
    const renew = begun + (credentials.notAfter.getTime() - begun) * LEAF_RENEWAL_SHARE;
    this.#leaf = { credentials, root: root.id, renew };
    log.info({ secret: secret.name, notAfter: credentials.notAfter, root: root.id }, "certificate made");
    this.first.resolve(this);
    for (const listener of this.#listeners) listener(credentials);
  }
}

type Held = Extract<StoredAuthority, { kind: "held" }>;
