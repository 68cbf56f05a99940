import { isIP } from "node:net";
import { bytesOfText } from "./bytes-of-text.ts";
import { normalPath } from "./normal-path.ts";
import { valueMatch } from "./value-match.ts";
import type { GrpcRoute, HttpRoute } from "./virtual-router.ts";

/** What ends a line of a request, or a text in C: no name that is sent has one of them. */
const ENDS = /[\0\r\n]/;
/** Bytes that Envoy takes for the name of a query parameter. */
const MAX_BYTES = 1024;

/** Whether no request can name it, as a header or as its host. */
export function cannotBeSent(name: string): boolean {
  return ENDS.test(name);
}

/** The names in a match, of a route of HTTP or of gRPC. */
interface Names {
  readonly headers?: HttpRoute["match"]["headers"];
  readonly metadata?: GrpcRoute["match"]["metadata"];
  readonly queryParameters?: HttpRoute["match"]["queryParameters"];
}

/**
 * The name in a match that no request can have, as a path such as `headers[0].name`; undefined: there is none. Envoy refuses such a
 * match, and with it every route of the port.
 */
export function impossibleName({ headers = [], metadata = [], queryParameters = [] }: Names): string | undefined {
  for (const [list, entries] of Object.entries({ headers, metadata })) {
    const impossible = entries.findIndex(({ name }) => cannotBeSent(name));
    if (impossible !== -1) return `${list}[${impossible}].name`;
  }
  const parameter = queryParameters.findIndex(({ name }) => name === "" || cannotBeSent(name) || isLong(name));
  return parameter === -1 ? undefined : `queryParameters[${parameter}].name`;
}

function isLong(name: string): boolean {
  return new TextEncoder().encode(name).length > MAX_BYTES;
}

/** Something that no request has: why, and what may have been meant. */
export interface Unmeetable {
  /** Such as `headers[0].match.range`. */
  readonly at: string;
  readonly found: string;
  readonly help: string;
}

/** A header's name as HTTP has it, or one of the four that HTTP/2 makes of the first line of a request. */
const HEADER_NAME = /^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What ends a path. */
const NO_PATH = /[?#]/;

/** The condition of a match that no request meets, although Envoy takes it; undefined: none is known. */
export function unmeetable(match: HttpRoute["match"]): Unmeetable | undefined {
  return unmeetablePath(match) ?? unmeetableValue("headers", match.headers);
}

/** The same of a match of gRPC calls, whose path is `/<service>/<method>`. */
export function unmeetableCall(match: GrpcRoute["match"]): Unmeetable | undefined {
  for (const at of ["serviceName", "methodName"] as const) {
    const name = match[at] ?? "";
    const help = "write the name alone, such as shop.Catalogue for the service and List for the method";
    if (/[/?#]/.test(name)) return { at, found: `no ${at.slice(0, -4)} is called ${JSON.stringify(name)}`, help };
  }
  return unmeetableValue("metadata", match.metadata);
}

function unmeetableValue(list: "headers" | "metadata", entries: Names["headers"] = []): Unmeetable | undefined {
  return entries.map((entry, index) => unmeetableHeader(entry, `${list}[${index}]`)).find((one) => one !== undefined);
}

function unmeetablePath({ prefix, path }: HttpRoute["match"]): Unmeetable | undefined {
  if (path?.regex !== undefined) return unmeetableExpression(path.regex);
  const isPrefix = prefix !== undefined;
  const [at, written = ""] = isPrefix ? ["prefix", prefix] : ["path.exact", path?.exact];
  if (written === "") return undefined;
  const quoted = JSON.stringify(written);
  if (!written.startsWith("/")) {
    return { at, found: `every path begins with a slash, ${quoted} does not`, help: `write /${written}` };
  }
  if (NO_PATH.test(written)) {
    const found = `the query is no part of the path, and ${quoted} has one`;
    return { at, found, help: "match the query by queryParameters" };
  }
  if (isPrefix && written.endsWith("/*")) {
    const found = `a prefix is no pattern: ${quoted} takes paths with a star in them alone`;
    return { at, found, help: `write ${written.slice(0, -1)}` };
  }
  return unmeetableForm(at, written, isPrefix);
}

/** Paths are looked at in one form: `/a/../b` came as `/b`, `/%7Ea` as `/~a`, `//a` as `/a`. */
function unmeetableForm(at: string, written: string, isPrefix: boolean): Unmeetable | undefined {
  // paths are bytes
  const bytes = bytesOfText(written);
  const normal = normalPath(bytes);
  // a prefix may end in the middle of a name: /a/. is the beginning of /a/.x
  const isMet = isPrefix ? [normal, normalPath(`${bytes}x`)].some((each) => each?.startsWith(bytes)) : normal === bytes;
  if (isMet) return undefined;
  const found = `paths are compared as Envoy writes them, without ., .., repeated slashes and needless escapes, and none is written ${JSON.stringify(written)}`;
  return { at, found, help: normal === undefined ? "leave the escaped NUL out" : `write ${normal}` };
}

/** What begins with a letter that has to be there, where every path begins with a slash. */
const NO_SLASH = /^\^?[A-Za-z0-9_-](?![?*{|])/;

function unmeetableExpression(regex: string): Unmeetable | undefined {
  if (regex.includes("|") || !NO_SLASH.test(regex)) return undefined;
  const found = `an expression takes the whole path, every path begins with a slash, and ${JSON.stringify(regex)} does not`;
  return { at: "path.regex", found, help: `write /${regex.replace(/^\^/, "")}` };
}

/** With `invert` the condition is met by every request, which may be what somebody wants. */
function unmeetableHeader(
  { name, match, invert }: NonNullable<HttpRoute["match"]["headers"]>[number],
  at: string,
): Unmeetable | undefined {
  if (invert === true) return undefined;
  if (!HEADER_NAME.test(name)) {
    const found = `no header can be called ${JSON.stringify(name)}`;
    return { at: `${at}.name`, found, help: "write the name alone, without colon and blanks" };
  }
  const value = valueMatch(match);
  if (value.kind !== "range" || value.start < value.end) return undefined;
  const found = `no number is from ${value.start} up to ${value.end}, which itself is not included`;
  return { at: `${at}.match.range`, found, help: "give an end above the start" };
}

/** Why no request asks for a host of this name; undefined: one may. A `*` at one end stands for anything. */
export function unaskedHost(name: string): string | undefined {
  const problem = notAName(name);
  if (problem !== undefined) return problem;
  const rest = name.startsWith("*") ? name.slice(1) : name.replace(/\*$/, "");
  return rest.includes("*") ? "a * stands for anything at one end of a name only" : undefined;
}

/** What a text has that a host name or address has not; undefined: nothing. */
export function notAName(host: string): string | undefined {
  if (isIP(host) !== 0) return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host)) return "a host name has no scheme";
  if (/[/?#@]/.test(host)) return "a host name has no path";
  if (/:[0-9]*$/.test(host)) return "a host name has no port";
  return /[\s:]/.test(host) ? "a host name has no blanks and colons" : undefined;
}
