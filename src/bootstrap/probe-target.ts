/**
 * The request target that the kubelet would send for the `path` of an HTTP probe: Go's `url.Parse`, of which only path
 * and query are used (kubernetes `pkg/probe/http/request.go`, `formatURL`). So a fragment and a host are dropped, a
 * missing slash is added, bytes that a request line cannot hold are percent-encoded, and text that is no URL counts as
 * a path as a whole.
 */
export function probeTarget(path: string): string {
  const reference = withoutFragment(path);
  const [raw, query] = splitOnce(withoutAuthority(reference), "?");
  if (hasControlCharacter(path) || hasBadEscape(raw)) return slashed(encode(path, PATH_LITERAL));
  return slashed(encode(raw, PATH_ESCAPED)) + (query === undefined ? "" : `?${encode(query, QUERY)}`);
}

/** What stays as it is in a path that is not an escaped one: `%` and `?` are then plain characters of a name. */
const PATH_LITERAL = /[A-Za-z0-9\-._~$&+,/:;=@!'()*]/;
const PATH_ESCAPED = /[A-Za-z0-9\-._~$&+,/:;=@!'()*%[\]]/;
const QUERY = /[!-~]/;

function encode(text: string, kept: RegExp): string {
  let result = "";
  for (const character of text) result += kept.test(character) ? character : percentEncoded(character);
  return result;
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

function slashed(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function withoutFragment(text: string): string {
  return splitOnce(text, "#")[0];
}

/** `http://host/path` and `//host/path` name a host, which the kubelet overwrites with the pod's address. */
function withoutAuthority(text: string): string {
  return text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?]*/, "");
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < " " || character === "\x7f");
}

function hasBadEscape(text: string): boolean {
  return /%(?![0-9A-Fa-f]{2})/.test(text);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
