/*
 * What Envoy makes of a path before it looks at routes, and sends on: `normalize_path`, which is the path part of Chromium's URL
 * canonicalization (https://github.com/google/gurl, url/url_canon_path.cc), then `merge_slashes`. Escaped slashes are kept
 * (src/xds/translate/http-manager.ts). Dots with parameters, as of `/a/..;x/b`, are dots to Envoys with the fix of CVE-2026-73551
 * (https://github.com/envoyproxy/envoy/pull/47001).
 */

/** Characters that stand for themselves when they are escaped. */
const UNESCAPED = /^[0-9A-Za-z._~-]$/;
/** Characters that are sent escaped. The rest stays as it came. */
const ESCAPED = /["<>^`{|}]|[^!-~]/;
/** A segment of one or two dots with parameters, before anything is read of it: escaped dots are none here, and backslashes no slashes. */
const DOTS_WITH_PARAMETERS = /(?<=\/)(\.{1,2});[^/]*/g;
/** Stands for a percent sign that begins no escape, and must not begin one with what others came to. */
const BARE_PERCENT = "\uE000";
const BEGINS_ESCAPE = new RegExp(`${BARE_PERCENT}(?=[0-9A-Fa-f]{2})`, "g");

/** The path as routes see it, with its query as it came; undefined: Envoy answers 400. Begins with a slash. */
export function normalPath(sent: string): string | undefined {
  const question = sent.indexOf("?");
  const path = question < 0 ? sent : sent.slice(0, question);
  const query = question < 0 ? "" : sent.slice(question);
  const normal = canonical(path.replace(DOTS_WITH_PARAMETERS, "$1"));
  return normal === undefined ? undefined : `${merged(normal)}${query}`;
}

/** A path of nothing but slashes keeps its first and its last one (`PathUtil::mergeSlashes`). */
function merged(path: string): string {
  return /^\/{2,}$/.test(path) ? "//" : path.replace(/\/{2,}/g, "/");
}

/** The path of a request's path and query. */
export function withoutQuery(path: string): string {
  const question = path.indexOf("?");
  return question < 0 ? path : path.slice(0, question);
}

function canonical(path: string): string | undefined {
  let written = "";
  let at = 0;
  while (at < path.length) {
    const dot = dotAt(path, at);
    if (dot > 0) {
      const after = written === "" || written.endsWith("/") ? afterDot(path, at + dot) : NAME;
      if (after.kind === "name") written += ".";
      if (after.kind === "up") written = above(written);
      at += dot + after.length;
      continue;
    }
    const character = path[at] ?? "";
    const escaped = character === "%" ? /^%[0-9A-Fa-f]{2}/.exec(path.slice(at, at + 3))?.[0] : undefined;
    if (escaped === undefined) {
      written += plain(character);
      at += 1;
    } else {
      const meant = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
      if (meant === "\0") return undefined;
      written += UNESCAPED.test(meant) ? meant : escaped;
      at += 3;
    }
  }
  return written.replace(BEGINS_ESCAPE, "%25").replaceAll(BARE_PERCENT, "%");
}

/** What becomes of a character that is no escape. */
function plain(character: string): string {
  if (character === "\\") return "/";
  if (character === "%") return BARE_PERCENT;
  return ESCAPED.test(character) ? percent(character) : character;
}

/** Length of a dot, escaped or not; 0: there is none. */
function dotAt(path: string, at: number): number {
  if (path[at] === ".") return 1;
  return /^%2e/i.test(path.slice(at, at + 3)) ? 3 : 0;
}

interface AfterDot {
  readonly kind: "name" | "same" | "up";
  /** Of what belongs to it behind the first dot. */
  readonly length: number;
}
const NAME: AfterDot = { kind: "name", length: 0 };

/** What a dot at the beginning of a segment is: this folder, the one above, or part of a name. */
function afterDot(path: string, at: number): AfterDot {
  if (at >= path.length) return { kind: "same", length: 0 };
  if (isSlash(path[at])) return { kind: "same", length: 1 };
  const second = dotAt(path, at);
  if (second === 0) return NAME;
  const next = at + second;
  if (next >= path.length) return { kind: "up", length: second };
  return isSlash(path[next]) ? { kind: "up", length: second + 1 } : NAME;
}

function isSlash(character: string | undefined): boolean {
  return character === "/" || character === "\\";
}

/** Up to the slash before the one at the end; the first slash stays. */
function above(folder: string): string {
  return folder.length <= 1 ? folder : folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
