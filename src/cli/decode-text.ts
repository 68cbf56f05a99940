import { ManifestError } from "../manifest/manifest-error.ts";

/**
 * The text of an input: UTF-8, or UTF-16 where its byte order mark says so, which kubectl reads as well. Throws
 * ManifestError `not-utf-8` for anything else.
 */
export function decodedText(bytes: Buffer, label: string): string {
  const encoding = encodingOf(bytes);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true, ignoreBOM: encoding === "utf-8" }).decode(bytes);
  } catch (error) {
    throw new ManifestError("not-utf-8", `${label} is not ${encoding.toUpperCase()} text: ${help(label)}`, {
      cause: error,
    });
  }
  const nul = text.indexOf("\0");
  if (nul === -1) return text;
  throw new ManifestError("not-utf-8", `${label} holds binary data (a NUL character at ${nul}): ${help(label)}`);
}

function encodingOf([first, second]: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function help(label: string): string {
  return `expected manifests as UTF-8 text; iconv -t UTF-8 converts other text, and ${label} may be no manifest at all`;
}
