// Writes what installs Outrigger without its command line: `node scripts/write-installation.ts`.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installationFiles } from "./installation/files.ts";

const root = join(import.meta.dirname, "..");
for (const { path, text, executable } of installationFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  if (executable) await chmod(join(root, path), 0o755);
  console.log(path);
}
