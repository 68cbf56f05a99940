import { normalPath } from "../../model/normal-path.ts";
import type { HttpSent } from "./sent-request.ts";

/** A request as the routes of a connection manager see it. Texts are bytes, a character for each. */
export interface EnvoyRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  /** By name in small letters; each line of a repeated one, but for those that Envoy joins. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** What Envoy makes of a request before it looks at routes, or the status with which it refuses it. */
export type Received =
  | { readonly kind: "request"; readonly request: EnvoyRequest }
  | { readonly kind: "refused"; readonly status: number; readonly why: string; readonly help: string };

/** How a connection manager receives: as a sidecar from its app, or as a gateway from strangers. */
export interface Receiver {
  readonly tls: boolean;
  /** Beginnings of headers that are taken away. */
  readonly removed: readonly string[];
  /** Whether the client's address is that of its connection; then `x-forwarded-proto` is the connection's too. */
  readonly usesConnection: boolean;
}

export const SIDECAR: Receiver = { tls: false, removed: [], usesConnection: false };

/** Methods that the parser of HTTP/1 knows (source/common/http/http1/balsa_parser.cc). */
const METHODS: ReadonlySet<string> = new Set(
  (
    "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH POST " +
    "PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
  ).split(" "),
);

/**
 * Headers of which repeated lines are one value, joined with a comma: those that Envoy's own code looks at, as the pinned version has
 * them. `test/envoy/mesh/explain-request.spec.ts` asks it about each.
 */
export const JOINED_HEADERS: ReadonlySet<string> = new Set(
  (
    "accept accept-encoding access-control-request-headers access-control-request-method access-control-request-private-network authorization cache-control connection " +
    "content-encoding content-length content-type expect grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since keep-alive origin pragma proxy-connection proxy-status referer te transfer-encoding upgrade user-agent via " +
    "x-client-trace-id x-envoy-attempt-count x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node " +
    "x-envoy-external-address x-envoy-original-path x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id"
  ).split(" "),
);

/**
 * What nobody may tell an Envoy (`ConnectionManagerUtility::mutateRequestHeaders`). The certificate of a client is taken away where the
 * connection manager is not told to keep it.
 */
const OF_ENVOY: ReadonlySet<string> = new Set(
  (
    "x-envoy-expected-rq-timeout-ms x-envoy-force-trace x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-ip-tags x-envoy-max-retries " +
    "x-envoy-original-url x-envoy-retriable-header-names x-envoy-retriable-status-codes x-envoy-retry-grpc-on x-envoy-retry-on " +
    "x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response " +
    "x-envoy-upstream-rq-timeout-ms x-forwarded-client-cert"
  ).split(" "),
);

/** What Envoy makes up where a client gives none: a match can only ask whether it is there. */
const SOME_REQUEST_ID = "00000000-0000-4000-8000-000000000000";

/** A request as it arrives at a connection manager. */
export function received({ method, path, authority, headers: sent }: HttpSent, receiver: Receiver): Received {
  if (!METHODS.has(method)) {
    const meant = method.toUpperCase();
    const help = METHODS.has(meant) ? `methods are upper case: write ${meant}` : "ask about a method such as GET";
    return badRequest(`Envoy knows no method ${method}`, help);
  }
  // of HTTP/1: blanks end it, and Envoy's parser takes no others
  if (/[^!-~]/.test(path)) return badRequest("the path has a byte that is none of ASCII's", "escape it");
  const normal = normalPath(path);
  if (normal === undefined) return badRequest("the path has an escaped NUL", "leave %00 out of the path");
  const headers = joined(sent);
  if (method === "QUERY" && !headers.has("content-type")) {
    return badRequest(
      "QUERY has no content-type, which Envoy demands",
      "give one, such as -H 'content-type: text/plain'",
    );
  }
  for (const name of headers.keys()) {
    if (OF_ENVOY.has(name) || receiver.removed.some((beginning) => name.startsWith(beginning))) headers.delete(name);
  }
  withoutOffers(headers);
  const upgrade = upgradeOf(headers);
  if (upgrade !== undefined && upgrade.toLowerCase() !== "websocket") {
    const why = `upgrades to ${upgrade} do not pass Envoy: of all of them it passes websocket on`;
    return { kind: "refused", status: 403, why, help: "leave the header upgrade out, or call a node of tcp" };
  }
  withoutHops(headers);
  const connection = receiver.tls ? "https" : "http";
  const [said = ""] = headers.get("x-forwarded-proto") ?? [];
  const scheme = !receiver.usesConnection && isScheme(said) ? said.toLowerCase() : connection;
  if (receiver.usesConnection || !isScheme(said)) headers.set("x-forwarded-proto", [scheme]);
  if (!headers.has("x-request-id")) headers.set("x-request-id", [SOME_REQUEST_ID]);
  return { kind: "request", request: { method, path: normal, authority, scheme, headers } };
}

function badRequest(why: string, help: string): Received {
  return { kind: "refused", status: 400, why, help };
}

/** The lines of a header, also of those that HTTP/2 makes of the first line; undefined: it is not there. */
export function linesOf(request: EnvoyRequest, name: string): readonly string[] | undefined {
  switch (name) {
    case ":method":
      return [request.method];
    case ":path":
      return [request.path];
    case ":scheme":
      return [request.scheme];
    case ":authority":
    case "host":
      return [request.authority];
    default:
      return request.headers.get(name);
  }
}

function joined(sent: HttpSent["headers"]): Map<string, readonly string[]> {
  const headers = new Map<string, readonly string[]>();
  for (const [name, lines] of Map.groupBy(sent, (header) => header.name)) {
    const values = lines.map(({ value }) => value);
    // an empty line adds nothing, not even a comma (`HeaderMapImpl::appendToHeader`)
    headers.set(name, JOINED_HEADERS.has(name) ? [values.filter((value) => value !== "").join(",")] : values);
  }
  return headers;
}

/** What a client asks to go on with; undefined where it does not, or says so without `connection`. */
function upgradeOf(headers: ReadonlyMap<string, readonly string[]>): string | undefined {
  const asks = (headers.get("connection") ?? []).join(",").toLowerCase().split(",");
  const upgrade = headers.get("upgrade")?.join(",");
  return asks.some((word) => word.trim() === "upgrade") && upgrade !== "" ? upgrade : undefined;
}

/** Without the offers that are not heard: `h2c`, and those of `ignoreHttp11Upgrade` in `http-manager.ts`. */
function withoutOffers(headers: Map<string, readonly string[]>): void {
  const offers = (headers.get("upgrade") ?? []).join(",").split(",");
  const heard = offers.map((offer) => offer.trim()).filter((offer) => !/^(?:h2c$|tls\/|http\/)/i.test(offer));
  if (heard.length === 0) headers.delete("upgrade");
  else if (heard.length < offers.length) headers.set("upgrade", [heard.join(",")]);
}

/** What is of one connection alone; an upgrade keeps what asks for it. */
function withoutHops(headers: Map<string, readonly string[]>): void {
  const isUpgrade = upgradeOf(headers) !== undefined;
  const hops = ["keep-alive", "proxy-connection", "transfer-encoding", ...(isUpgrade ? [] : ["connection", "upgrade"])];
  for (const hop of hops) headers.delete(hop);
  if (isUpgrade) return;
  const hasTrailers = (headers.get("te") ?? [])
    .join(",")
    .toLowerCase()
    .split(",")
    .some((word) => word.trim() === "trailers");
  if (hasTrailers) headers.set("te", ["trailers"]);
  else headers.delete("te");
}

function isScheme(text: string): boolean {
  return /^https?$/i.test(text);
}
