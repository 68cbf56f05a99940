import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ListenerTls } from "../model/tls.ts";
import { listedNames } from "./tls.ts";

/*
 * How TLS of a listener changes while others call it: by steps, after each of which every proxy that called it and every one that takes the
 * calls understand each other, whichever of both is ahead. First the servers take what they took and what they will take, then the callers
 * change, then the servers take what is written.
 *
 * One certificate is shown by a listener, and one file is trusted by each side. So where both a certificate and another one, or both an
 * authority and another one, are to count, the new way is a chain of its own, which callers ask for by a name of ours (SNI).
 */

type Written = DeepReadonly<ListenerTls> | undefined;
type ClientCheck = NonNullable<DeepReadonly<ListenerTls>["validation"]>;

/** TLS for whoever asks for a name, beside what the listener takes else. */
export interface NamedTls {
  /** A name that nobody has. */
  readonly serverName: string;
  readonly tls: DeepReadonly<ListenerTls>;
}

/** What the proxies of a node take at one port. */
export interface ServerWay {
  readonly tls: Written;
  readonly namedTls: readonly NamedTls[];
}

/** How those who call it connect. */
type CallersWay =
  /** As before the change. */
  | { readonly kind: "before" }
  /** As it is written, but asking for the name of the new way. */
  | { readonly kind: "named"; readonly serverName: string }
  | { readonly kind: "written" };

/** What holds until everybody has it. */
export interface TlsStep {
  readonly server: ServerWay;
  readonly callers: CallersWay;
}

const BEFORE: CallersWay = { kind: "before" };
const WRITTEN: CallersWay = { kind: "written" };

/**
 * The steps from what servers have to what is written, the last one included; some may be what is already. `before` may itself be a step of an
 * earlier change: what it takes is taken until the end, by whichever way callers have come to know.
 */
export function tlsSteps(before: ServerWay, written: Written): readonly TlsStep[] {
  const end: TlsStep = { server: { tls: written, namedTls: [] }, callers: WRITTEN };
  const both = tlsOfBoth(before.tls, written);
  // both have TLS where nothing takes both, else there were no two certificates or authorities
  if (both !== undefined || written === undefined) {
    const server = { tls: both?.tls, namedTls: before.namedTls };
    return [{ server, callers: BEFORE }, { server, callers: WRITTEN }, end];
  }
  const named = { serverName: nameOf(written), tls: written };
  const namedTls = [...before.namedTls.filter(({ serverName }) => serverName !== named.serverName), named];
  const [first, last] = [
    { tls: before.tls, namedTls },
    { tls: written, namedTls },
  ];
  const asking = { kind: "named", serverName: named.serverName } as const;
  return [
    { server: first, callers: BEFORE },
    { server: first, callers: asking },
    { server: last, callers: asking },
    { server: last, callers: WRITTEN },
    end,
  ];
}

/** A name below one that is for nothing else, so that no host is called so: the same for the same TLS. */
function nameOf(tls: DeepReadonly<ListenerTls>): string {
  return `${hash("sha256", JSON.stringify(tls)).slice(0, 16)}.next.tls.outrigger.dev`;
}

/** What takes whatever one of both takes; undefined: there is none, because each has a certificate, or trusts an authority, of its own. */
export function tlsOfBoth(one: Written, other: Written): { readonly tls: Written } | undefined {
  const [a, b] = [securedOf(one), securedOf(other)];
  if (a === undefined && b === undefined) return { tls: other };
  const mode = takesPlain(one) || takesPlain(other) ? "PERMISSIVE" : "STRICT";
  if (a === undefined) return b && { tls: { ...b, mode } };
  if (b === undefined) return { tls: { ...a, mode } };
  if (!isDeepStrictEqual(a.certificate, b.certificate)) return undefined;
  const { validation: _, ...rest } = a;
  // who need not show a certificate to one of them need not now
  if (a.validation === undefined || b.validation === undefined) return { tls: { ...rest, mode } };
  const validation = checkOfBoth(a.validation, b.validation);
  return validation && { tls: { ...rest, mode, validation } };
}

/** Of the two checks of clients the one that lets in whoever one of them does. */
function checkOfBoth(one: ClientCheck, other: ClientCheck): ClientCheck | undefined {
  if (!isDeepStrictEqual(one.trust, other.trust)) return undefined;
  const [a, b] = [one.subjectAlternativeNames, other.subjectAlternativeNames];
  if (a === undefined || b === undefined) return { trust: one.trust };
  const exact = [...new Set([...a.match.exact, ...b.match.exact])];
  const subjectAlternativeNames = { match: { exact } };
  return listedNames(subjectAlternativeNames).beyond > 0 ? undefined : { trust: one.trust, subjectAlternativeNames };
}

function takesPlain(tls: Written): boolean {
  return tls?.mode !== "STRICT";
}

function securedOf(tls: Written): DeepReadonly<ListenerTls> | undefined {
  return tls?.mode === "DISABLED" ? undefined : tls;
}
