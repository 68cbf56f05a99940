import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An authority's certificate where clients on this machine can name it. */
export interface AuthorityFile {
  readonly path: string;
  remove(): void;
}

/**
 * Writes the PEM into a temporary folder of its own. It goes with `remove`, at the latest when the process exits. Throws the
 * system's error when the folder cannot be made.
 */
export function authorityFile(purpose: string, pem: string): AuthorityFile {
  const directory = mkdtempSync(join(tmpdir(), `outrigger-${purpose}-`));
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", removeDirectory);
  const path = join(directory, "ca.pem");
  writeFileSync(path, pem);
  return {
    path,
    remove() {
      process.off("exit", removeDirectory);
      removeDirectory();
    },
  };
}
