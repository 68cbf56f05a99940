import type { X509Certificate } from "node:crypto";
import { isSignedBy } from "../../pki/certificates-in.ts";
import type { InsidePod } from "../facts/cluster-facts.ts";
import type { Reading } from "../facts/reading.ts";
import { rootsIn } from "../facts/trust-roots.ts";
import type { CheckProblem } from "./check.ts";

/** Where the roots are published that others trust, and what helps when something does not fit them. */
export interface Published {
  /** For a sentence, such as `the registration's caBundle`. */
  readonly where: string;
  readonly hint: string;
  /** What does not work with a certificate that none of the roots signed. */
  readonly effect: string;
}

/** Roots of the authority's Secret that are not published; nothing where the Secret may not be read. */
export function authorityProblems(
  authority: Reading<string>,
  pem: string,
  { where, hint }: Published,
): readonly CheckProblem[] {
  if (authority.kind === "failed") return [{ status: "failed", saw: authority.why, hint: "see docs/certificates.md" }];
  if (authority.kind !== "read") return [];
  const published = rootsIn(pem);
  const missing = [...rootsIn(authority.value)].filter((root) => !published.has(root));
  if (missing.length === 0) return [];
  return [{ status: "failed", saw: `${where} lacks ${missing.length} of the roots of the authority's Secret`, hint }];
}

/** What is wrong with the certificates that pods show, to those who trust the roots and call `server`. */
export function servedProblems(
  pods: readonly InsidePod[],
  roots: readonly X509Certificate[],
  now: Date,
  { where, hint, effect, server }: Published & { readonly server?: string },
): readonly CheckProblem[] {
  return pods.flatMap(({ name, certificate }) => {
    if (certificate.kind !== "read") return [];
    const leaf = certificate.value;
    const wrong = [
      ...(isSignedBy(leaf, roots) ? [] : [`no root of ${where} signed: ${effect}`]),
      ...(server === undefined || leaf.checkHost(server) !== undefined ? [] : [`does not name ${server}`]),
      ...(leaf.validToDate <= now ? [`ended ${leaf.validTo}`] : []),
    ];
    return wrong.map(
      (what) => ({ status: "failed", saw: `pod ${name} shows a certificate that ${what}`, hint }) as const,
    );
  });
}
