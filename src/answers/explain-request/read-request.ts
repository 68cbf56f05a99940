import { isIP } from "node:net";
import { bytesOfText } from "../../model/bytes-of-text.ts";
import type { Header, SentRequest } from "./sent-request.ts";

/** Bounds of what is taken from a command line: those of a sidecar's Envoy for headers, and far above what any client sends for the rest. */
export const REQUEST_LIMITS = {
  /** Characters of the URL, and of all headers together: Envoy refuses more than 60 KiB of headers (src/xds/translate/limits.ts). */
  text: 61_440,
  /** Lines of headers. */
  headers: 1000,
  /** Characters of the method. */
  method: 32,
} as const;

/** Something about a request that cannot be asked about: what was found, and what helps. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** What somebody wrote: `[METHOD] URL` and headers as `name: value`. */
export interface WrittenRequest {
  /** Undefined: GET, or POST of gRPC. */
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: readonly string[];
  /** Whether it is a call of gRPC, which says so in its content type. */
  readonly isGrpc: boolean;
}

/**
 * The request that is meant. A URL is taken as it is written, since clients send it so: nothing of it is decoded, and dots in its path
 * stay. Throws RequestError.
 */
export function readRequest({ method, url, headers, isGrpc }: WrittenRequest): SentRequest {
  const { scheme, host, port, authority, path } = readUrl(url);
  if (scheme === "tcp") {
    const more = method !== undefined ? "a method" : headers.length > 0 ? "headers" : isGrpc ? "--grpc" : undefined;
    if (more !== undefined) throw new RequestError(`a connection of TCP has no request: leave ${more} out of tcp://`);
    return { kind: "tcp", host, port };
  }
  const written = readHeaders(headers);
  // as clients do: what is given in its place counts
  const [named, ...others] = written.filter(({ name }) => name === "host" || name === ":authority");
  if (others.length > 0) {
    throw new RequestError(`a request has one Host, found ${1 + others.length} of them: give one -H 'host: …'`);
  }
  const sentMethod = methodOf(method, isGrpc);
  if (isGrpc && !CALL.test(path)) {
    throw new RequestError(`a call of gRPC is /package.Service/Method, found the path ${quoted(path)}`);
  }
  const own = written.filter((header) => header.name !== "host" && header.name !== ":authority");
  const hasType = own.some(({ name }) => name === "content-type");
  return {
    kind: "http",
    scheme,
    host,
    port,
    method: sentMethod,
    authority: named?.value ?? authority,
    path,
    headers: isGrpc && !hasType ? [...own, { name: "content-type", value: "application/grpc" }] : own,
  };
}

function methodOf(method: string | undefined, isGrpc: boolean): string {
  if (method === undefined) return isGrpc ? "POST" : "GET";
  if (isGrpc && method !== "POST") {
    throw new RequestError(`every call of gRPC is a POST, found ${quoted(method)}: leave the method out with --grpc`);
  }
  if (method === "CONNECT") {
    throw new RequestError(
      "CONNECT asks a proxy for a tunnel and has no path that a route could take: ask about another method, or about tcp://HOST:PORT",
    );
  }
  if (!TOKEN.test(method) || method.length > REQUEST_LIMITS.method) {
    throw new RequestError(`${quoted(method)} is no method: expected a word such as GET or POST before the URL`);
  }
  return method;
}

/** Its path ends with a service and a method. */
const CALL = /^\/[^?]*[^/?]\/[^/?]+$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SCHEMES = { http: 80, https: 443, tcp: undefined } as const;
type Scheme = keyof typeof SCHEMES;

interface ReadUrl {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  readonly authority: string;
  readonly path: string;
}

function readUrl(url: string): ReadUrl {
  if (url.length > REQUEST_LIMITS.text) {
    throw new RequestError(`the URL has ${url.length} characters: at most ${REQUEST_LIMITS.text} are taken`);
  }
  const colon = url.indexOf("://");
  const scheme = url.slice(0, Math.max(colon, 0)).toLowerCase();
  if (colon < 0 || !isScheme(scheme)) {
    const help = colon < 0 ? `write http://${shortened(url)}` : "of gRPC too it is http://, with --grpc";
    throw new RequestError(
      `${quoted(url)} is no URL that can be asked about: expected http://HOST[:PORT]/PATH, https:// or tcp://HOST:PORT; ${help}`,
    );
  }
  const rest = url.slice(colon + 3);
  const end = /[/?#]/.exec(rest)?.index ?? rest.length;
  const authority = rest.slice(0, end);
  const path = rest.slice(end);
  if (authority.includes("@")) {
    throw new RequestError(
      `${quoted(authority)} has a user, which no request says in its host: leave what stands before the @ out, and give -H 'authorization: …' where a route asks for it`,
    );
  }
  const { host, port } = hostAndPort(authority, scheme);
  if (scheme === "tcp" && path !== "" && path !== "/") {
    throw new RequestError(`a connection of TCP has no path, found ${quoted(path)}: expected tcp://HOST:PORT`);
  }
  return { scheme, host, port, authority, path: pathOf(path) };
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(SCHEMES, text);
}

/** A host is a name or an address; an address of IPv6 stands in brackets. */
function hostAndPort(authority: string, scheme: Scheme): Pick<ReadUrl, "host" | "port"> {
  const found = /^(?:\[(?<v6>[0-9A-Fa-f:.]{2,45})\]|(?<name>[^:[\]\s]{1,255}))(?::(?<port>[0-9]{1,5}))?$/.exec(
    authority,
  );
  const host = found?.groups?.["v6"] ?? found?.groups?.["name"];
  const isAddress = found?.groups?.["v6"] === undefined || isIP(host ?? "") === 6;
  if (host === undefined || !isAddress || /[^!-~]|\\/.test(host)) {
    throw new RequestError(
      `${quoted(authority)} is no host: expected a name such as back.shop.svc.cluster.local or an address, of IPv6 in brackets, with a port such as :8080 where it is another one`,
    );
  }
  const written = found?.groups?.["port"];
  const port = written === undefined ? SCHEMES[scheme] : Number(written);
  if (port === undefined) throw new RequestError(`${quoted(authority)} has no port: expected tcp://HOST:PORT`);
  if (port < 1 || port > 65_535) throw new RequestError(`${port} is no port: expected 1 to 65535`);
  return { host, port };
}

function pathOf(path: string): string {
  const hash = path.indexOf("#");
  if (hash >= 0) {
    throw new RequestError(
      `${quoted(path)} has a fragment, which no client sends: leave ${quoted(path.slice(hash))} out, or write the # as %23`,
    );
  }
  const odd = /[^!-~]/u.exec(path)?.[0];
  if (odd !== undefined) {
    const escaped = [...Buffer.from(odd, "utf8")].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);
    throw new RequestError(
      `a path is sent in ASCII without blanks, found ${quoted(odd)}: write it as ${escaped.join("")}`,
    );
  }
  return path.startsWith("/") ? path : `/${path}`;
}

function readHeaders(lines: readonly string[]): readonly Header[] {
  if (lines.length > REQUEST_LIMITS.headers) {
    throw new RequestError(`${lines.length} headers: Envoy takes at most ${REQUEST_LIMITS.headers}`);
  }
  const size = lines.reduce((sum, line) => sum + line.length, 0);
  if (size > REQUEST_LIMITS.text) {
    throw new RequestError(
      `the headers have ${size} characters together: Envoy refuses more than ${REQUEST_LIMITS.text} (431)`,
    );
  }
  return lines.map(readHeader);
}

function readHeader(line: string): Header {
  const colon = line.indexOf(":", line.startsWith(":") ? 1 : 0);
  const name = line.slice(0, Math.max(colon, 0)).trim();
  const isHost = name.toLowerCase() === ":authority";
  if (colon < 0 || (!TOKEN.test(name) && !isHost)) {
    const found = name.startsWith(":")
      ? "the method, path and scheme are those of METHOD and URL"
      : "for example -H 'x-user: bob'";
    throw new RequestError(`${quoted(line)} is no header: expected -H 'name: value'; ${found}`);
  }
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  if (/[^\P{Cc}\t]/u.test(value)) {
    throw new RequestError(
      `the header ${name} has a control character, which no request can have: give each header with a -H of its own`,
    );
  }
  return { name: name.toLowerCase(), value: bytesOfText(value) };
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120).toWellFormed()}…` : text;
}
