/** A root's certificate, PEM, and what recognises it. */
interface RootCertificate {
  /** The first 16 digits of the certificate's SHA-256. */
  readonly id: string;
  readonly certificate: string;
  /** End of the certificate's validity. */
  readonly notAfter: Date;
  /** When it came to its present state. */
  readonly since: Date;
}

/** Signs leaves. `key` is PKCS #8 PEM. */
export interface ActiveRoot extends RootCertificate {
  readonly key: string;
}

/** Trusted, but not yet signing: not everybody who verifies knows it. */
export interface NextRoot extends RootCertificate {
  readonly key: string;
  /** Since when it is known to be where those look who verify; undefined as long as it is not. */
  readonly delivered: Date | undefined;
}

/** No longer signs, and is trusted until the last leaf that it signed has ended. Its key is gone. */
export interface PreviousRoot extends RootCertificate {
  readonly until: Date;
}

/**
 * What the Secret of an authority holds. A root goes from `next` to `active` to `previous` and is dropped; all of them are in
 * the published bundle, so that what any of them signed is accepted.
 */
export interface AuthorityState {
  readonly active: ActiveRoot;
  readonly next: NextRoot | undefined;
  readonly previous: readonly PreviousRoot[];
}

/** A root that was just made and has no place yet. */
export type NewRoot = Pick<ActiveRoot, "id" | "certificate" | "notAfter" | "key">;

/** The state of an authority that begins: nobody can have trusted anything before. */
export function firstState(root: NewRoot, now: Date): AuthorityState {
  return { active: { ...root, since: now }, next: undefined, previous: [] };
}

/** All roots, the one that signs first. */
export function rootsOf({ active, next, previous }: AuthorityState): readonly RootCertificate[] {
  return [active, ...(next === undefined ? [] : [next]), ...previous];
}

/** The trust bundle to publish: every root's certificate as PEM. */
export function bundleOf(state: AuthorityState): string {
  return rootsOf(state)
    .map(({ certificate }) => certificate)
    .join("");
}
