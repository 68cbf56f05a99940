/** Where one JSON value of a stream stands: offsets into the text, end excluded. */
export interface JsonSlice {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits text that holds JSON objects one after the other, as kubectl accepts them, with or without line breaks
 * between. Returns undefined when the text is not such a stream; it may then still be YAML.
 */
export function jsonStream(text: string): readonly JsonSlice[] | undefined {
  const slices: JsonSlice[] = [];
  let at = skipSpace(text, text.startsWith("\uFEFF") ? 1 : 0);
  while (at < text.length) {
    const end = text[at] === "{" ? objectEnd(text, at) : undefined;
    if (end === undefined || !isJson(text.slice(at, end))) return undefined;
    slices.push({ start: at, end });
    at = skipSpace(text, end);
  }
  return slices.length === 0 ? undefined : slices;
}

/**
 * The values of a stream of JSON objects, one after the other, every integer as a BigInt; none where the text is no such
 * stream.
 */
export function* exactJson(text: string): Generator<unknown> {
  for (const { start, end } of jsonStream(text) ?? []) yield parseSource(text.slice(start, end), exactInteger);
}

function exactInteger(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === "number" && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** `JSON.parse` with the source of numbers (Node 22), which alone says all digits. */
const parseSource = JSON.parse as (text: string, reviver: typeof exactInteger) => unknown;

/** Offset after the brace that closes the one at `start`; only brackets and strings need to be understood for that. */
function objectEnd(text: string, start: number): number | undefined {
  const interesting = /["{}[\]]/g;
  interesting.lastIndex = start;
  let depth = 0;
  for (let match = interesting.exec(text); match !== null; match = interesting.exec(text)) {
    if (match[0] === '"') {
      const end = stringEnd(text, match.index);
      if (end === undefined) return undefined;
      interesting.lastIndex = end;
      continue;
    }
    depth += match[0] === "{" || match[0] === "[" ? 1 : -1;
    if (depth === 0) return match.index + 1;
  }
  return undefined;
}

function stringEnd(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[ \t\r\n]/.test(text[at] as string)) at++;
  return at;
}
