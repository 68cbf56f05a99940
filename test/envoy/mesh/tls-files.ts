import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonGeneralName } from "@peculiar/x509";
import type { TestAuthority } from "../authority.ts";

/** A folder with certificates, as Envoy reads them. */
export interface TlsFiles {
  /** Path of a file that may be there or not. */
  readonly at: (name: string) => string;
  /** Certificate and key as `NAME.crt` and `NAME.key`, as flow mappings of App Mesh name them. */
  readonly issue: (name: string, authority: TestAuthority, ...names: readonly JsonGeneralName[]) => Promise<void>;
  /** Files that are replaced at once, by a rename. */
  readonly write: (name: string, text: string) => Promise<void>;
  /** `file: {…}` of a certificate, or of what is trusted. */
  readonly certificate: (name: string) => string;
  readonly trust: (name: string) => string;
  readonly remove: () => Promise<void>;
}

export async function tlsFiles(): Promise<TlsFiles> {
  const folder = await mkdtemp(join(tmpdir(), "outrigger-tls-"));
  const at = (name: string): string => join(folder, name);
  const write = async (name: string, text: string): Promise<void> => {
    const beside = join(dirname(at(name)), ".new");
    await writeFile(beside, text);
    await rename(beside, at(name));
  };
  return {
    at,
    write,
    async issue(name, authority, ...names) {
      const { cert, key } = await authority.issue(...names);
      await write(`${name}.key`, key);
      await write(`${name}.crt`, cert);
    },
    certificate: (name) => `file: { certificateChain: ${at(`${name}.crt`)}, privateKey: ${at(`${name}.key`)} }`,
    trust: (name) => `file: { certificateChain: ${at(`${name}.pem`)} }`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
