import { readFile } from "node:fs/promises";
import type { TrustFacts } from "../model/facts.ts";
import { isTrust } from "../model/trust.ts";
import { watchFiles } from "./watch-files.ts";

/** A trust file that cannot be used at the start. */
export class TrustFileError extends Error {
  override readonly name = "TrustFileError";
  readonly code: "unreadable" | "malformed";

  constructor(code: TrustFileError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The mesh's trust from a PEM file, read again whenever it changes; what cannot be read later leaves the last one in use.
 * Rejects with {@link TrustFileError} when the file is of no use at the start.
 */
export async function trustFromFile(path: string, signal: AbortSignal): Promise<() => TrustFacts> {
  let trust: TrustFacts = { kind: "known", pem: await readTrust(path) };
  const reload = async (): Promise<void> => {
    try {
      trust = { kind: "known", pem: await readTrust(path) };
    } catch (error) {
      if (!(error instanceof TrustFileError)) throw error;
    }
  };
  watchFiles([path], () => void reload(), signal);
  return () => trust;
}

async function readTrust(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TrustFileError("unreadable", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (!isTrust(text))
    throw new TrustFileError("malformed", `${path} holds no PEM certificate: expected the mesh's trust`);
  return text;
}
