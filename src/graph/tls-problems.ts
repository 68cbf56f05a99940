import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ClientPolicy, ListenerTls } from "../model/tls.ts";
import type { MeshReader } from "./mesh-state.ts";
import { reaches } from "./reaches.ts";
import type { Say } from "./report.ts";
import { isFor, listedNames, listsNobody, serverTls, type WrittenClientTls } from "./tls.ts";
import { sourceFlaws } from "./tls-source.ts";
import type { CertificateView, ServerTlsView } from "./tls-view.ts";
import type { ServiceView, TargetListenerView, TargetView } from "./view.ts";

/* What is wrong about TLS, as far as objects say it: nobody here knows what is in files and at SDS servers. */

/** Says which certificates of a listener cannot be used. `at`: of the listener. */
export function sayListenerTls(tls: DeepReadonly<ListenerTls> | undefined, at: string, say: Say): void {
  if (tls === undefined || tls.mode === "DISABLED") return;
  sayFlaws(tls.certificate, `${at}.tls.certificate`, say);
  if (tls.validation === undefined) return;
  sayFlaws(tls.validation.trust, `${at}.tls.validation.trust`, say);
  sayNames(tls.validation.subjectAlternativeNames, `${at}.tls.validation`, say);
  if (tls.validation.trust.acm !== undefined) {
    const found = `certificates in the place of ACM's are for servers alone, and no client has one, ${NO_TLS}`;
    say("bad-certificate", `${at}.tls.validation.trust.acm`, found, "trust a file, or sds");
  }
  if (!listsNobody(tls.validation)) return;
  say(
    "bad-certificate",
    `${at}.tls.validation.subjectAlternativeNames.match.exact`,
    `no client's name is listed, ${NO_TLS}`,
    "list names of clients, or leave subjectAlternativeNames out so that a certificate may carry any name",
  );
}

/** Says which certificates of a client policy cannot be used. `at`: of the policy. */
export function sayPolicyTls(policy: DeepReadonly<ClientPolicy> | undefined, at: string, say: Say): void {
  const tls = policy?.tls;
  if (tls === undefined) return;
  if (tls.certificate !== undefined) sayFlaws(tls.certificate, `${at}.tls.certificate`, say);
  sayFlaws(tls.validation.trust, `${at}.tls.validation.trust`, say);
  sayNames(tls.validation.subjectAlternativeNames, `${at}.tls.validation`, say);
}

const NO_TLS = "so no TLS connection is made";

function sayFlaws(given: Parameters<typeof sourceFlaws>[0], at: string, say: Say): void {
  for (const flaw of sourceFlaws(given))
    say("bad-certificate", `${at}${flaw.at}`, `${flaw.found}, ${NO_TLS}`, flaw.help);
}

type Names = NonNullable<ListenerTls["validation"]>["subjectAlternativeNames"];

/** Says that a list of names is longer than what counts. `at`: of the validation. */
function sayNames(given: DeepReadonly<Names>, at: string, say: Say): void {
  const { beyond } = listedNames(given);
  if (given === undefined || beyond === 0) return;
  const { length } = given.match.exact;
  const found = `${length} names are listed, and the first ${length - beyond} count, so certificates with others are refused`;
  say("bad-certificate", `${at}.subjectAlternativeNames.match.exact`, found, "list fewer, or shorter ones");
}

/** What calls nodes, and where its policies stand. */
export interface CallingPolicies {
  readonly services: readonly ServiceView[];
  readonly targets: readonly TargetView[];
  /** Where the policy of a service stands; of one without a policy where it is called. */
  readonly pathOf: (service: ServiceView) => string;
  /** The Secrets that ARNs mean. */
  readonly certificate: MeshReader["certificate"];
}

/** Says which services cannot be reached, because one side speaks TLS, or shows a certificate, and the other one does not. */
export function sayMismatches({ services, targets, pathOf, certificate }: CallingPolicies, say: Say): void {
  const said = new Set<string>();
  const once: Say = (code, path, message, help) => {
    const key = `${path} ${message}`;
    if (!said.has(key)) say(code, path, message, help);
    said.add(key);
  };
  /** Policies by where they stand, each with the ports of the nodes that its services reach: one may be for several services. */
  const called = new Map<string, { readonly policy: WrittenClientTls; readonly ports: ReadonlySet<number> }>();
  for (const service of services) {
    const policy = service.clientPolicy?.tls;
    const path = pathOf(service);
    const reached = listenersOf(service, targets);
    for (const { target, listener } of reached) {
      const flaw = mismatch(policy, listener, serverTls(listener.tls), certificate);
      if (flaw !== undefined) once("tls-mismatch", path, `port ${listener.port} of ${target} ${flaw.found}`, flaw.help);
    }
    if (policy === undefined || reached.length === 0) continue;
    const { ports } = called.get(path) ?? { ports: new Set() };
    called.set(path, { policy, ports: new Set([...ports, ...reached.map(({ listener }) => listener.port)]) });
  }
  for (const [path, { policy, ports }] of called) sayUncalledPorts(policy, ports, path, say);
}

/** Says of which ports a policy is although none of its services' nodes listens there. `called`: those on which some do. */
function sayUncalledPorts({ ports = [] }: WrittenClientTls, called: ReadonlySet<number>, path: string, say: Say): void {
  const [first, ...others] = new Set(ports.filter((port) => !called.has(port)));
  if (first === undefined) return;
  const [on, it] = others.length === 0 ? ["", "it"] : [`, nor on ${others.length} more of its ports`, "them"];
  const listens = [...called].toSorted((one, other) => one - other);
  const shown = `${listens.slice(0, MOST_PORTS).join(", ")}${listens.length > MOST_PORTS ? ", …" : ""}`;
  const found = `none of the called nodes listens on port ${first}${on}, so the policy is not for ${it}; they listen on ${shown}`;
  say(
    "port-mismatch",
    `${path}.ports`,
    found,
    "write ports of the nodes, not of a router, or no ports for all of them",
  );
}

/** Ports that a message names. */
const MOST_PORTS = 10;

function mismatch(
  policy: WrittenClientTls | undefined,
  { port }: TargetListenerView,
  server: ServerTlsView | undefined,
  certificate: MeshReader["certificate"],
): { readonly found: string; readonly help: string } | undefined {
  const own = policy !== undefined && isFor(policy, port) ? policy : undefined;
  if (server === undefined) {
    if (own === undefined || own.enforce === false) return undefined;
    const found = "speaks no TLS, and the client policy demands it, so nobody is reached there";
    return { found, help: "give its listener tls, or the policy enforce: false, or ports without this one" };
  }
  const stranger = strangers(own, server.certificate, certificate);
  if (stranger !== undefined) return stranger;
  if (server.validation === undefined || own?.certificate !== undefined) return undefined;
  const has = own === undefined ? "no client policy is for it" : "the client policy has none";
  const add = own === undefined ? "add clientPolicy.tls with a certificate" : "give the policy a certificate";
  const help = `${add}, or take validation off its listener`;
  return { found: `asks its clients for a certificate, and ${has}, so nobody is reached there`, help };
}

/** Where the listener's certificate is certainly of no authority that the client trusts. */
function strangers(
  own: WrittenClientTls | undefined,
  shown: CertificateView,
  certificate: MeshReader["certificate"],
): { readonly found: string; readonly help: string } | undefined {
  const { kind } = shown;
  const meant = kind === "acm" ? certificate(shown.arn) : undefined;
  const flaw = meant?.facts?.authority;
  if (own === undefined && flaw !== undefined) {
    const found = `shows the certificate of a Secret, and by that nobody can check it, as ${flaw.found}, so nobody is reached there`;
    return { found, help: `${flaw.help}, or write a client policy with what is to be trusted` };
  }
  const arns = own?.validation.trust.acm?.certificateAuthorityARNs;
  if (arns === undefined || kind === "unusable") return undefined;
  const secrets = arns.filter((arn) => certificate(arn) !== undefined);
  if (secrets.length === 0 && (kind !== "acm" || meant !== undefined)) {
    const shows = kind === "acm" ? "the certificate of a Secret" : `a certificate of ${kind}`;
    const found = `shows ${shows}, and the client policy trusts acm alone, which is the control plane, so nobody is reached there`;
    return { found, help: "trust the file of its authority, or give its listener a certificate of acm" };
  }
  if (secrets.length === 0 || secrets.length < arns.length || kind !== "acm" || meant !== undefined) return undefined;
  const found =
    "shows a certificate that the control plane signs, and the client policy trusts authorities of Secrets alone, so nobody is reached there";
  return { found, help: "trust an ARN that means no Secret too, or give its listener a certificate of a Secret" };
}

function listenersOf(service: ServiceView, targets: readonly TargetView[]) {
  return targets.flatMap(({ name, listeners }) =>
    listeners.filter(({ port }) => reaches(service, name, port)).map((listener) => ({ target: name, listener })),
  );
}
