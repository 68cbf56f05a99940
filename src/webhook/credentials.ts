import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Credentials } from "../pki/certificate-source.ts";

/** Certificate files that cannot be used. The message names the file. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
  readonly code: "unreadable" | "malformed" | "mismatch";

  constructor(code: CredentialsError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Where certificate and key are. */
export interface CredentialFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Reads both files and checks that they belong together. Throws {@link CredentialsError}. */
export async function readCredentials(files: CredentialFiles): Promise<Credentials> {
  const [certificate, key] = await Promise.all([readText(files.certificate), readText(files.key)]);
  return checkCredentials(certificate, key, files);
}

/** Checks that a chain and a key belong together; `origin` is only for messages. Throws {@link CredentialsError}. */
export function checkCredentials(certificate: string, key: string, origin: CredentialFiles): Credentials {
  const leaf = understood(() => new X509Certificate(certificate), `${origin.certificate}: expected a PEM certificate`);
  const privateKey = understood(() => createPrivateKey(key), `${origin.key}: expected a PEM private key`);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new CredentialsError(
      "mismatch",
      `${origin.key} is not the private key of ${origin.certificate}: expected the two to come from one pair`,
    );
  }
  return { certificate, key, notAfter: new Date(leaf.validTo), fingerprint: leaf.fingerprint256 };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CredentialsError("unreadable", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function understood<T>(read: () => T, message: string): T {
  try {
    return read();
  } catch (error) {
    throw new CredentialsError("malformed", `${message}: ${(error as Error).message}`, { cause: error });
  }
}
