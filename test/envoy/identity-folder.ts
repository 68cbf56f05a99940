import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDENTITY_FILES, identityFiles } from "../../src/bootstrap/identity-files.ts";
import { IDENTITY_PATH } from "../../src/model/names.ts";

/** A folder that stands in for the identity volume of a pod. */
export interface IdentityFolder {
  readonly path: string;
  /** Replaces token and roots as the kubelet does: files in a new folder, then one rename of the link `..data`. */
  readonly replace: (content: IdentityContent) => Promise<void>;
  readonly remove: () => Promise<void>;
}

interface IdentityContent {
  readonly token: string;
  /** PEM certificates. */
  readonly trust: string;
}

/** Makes the folder with its four files: links to `..data`, which links to a folder with the content. */
export async function identityFolder(content: IdentityContent): Promise<IdentityFolder> {
  const path = await mkdtemp(join(tmpdir(), "outrigger-identity-"));
  const replace = (next: IdentityContent): Promise<void> => publish(path, next);
  await replace(content);
  for (const file of Object.values(IDENTITY_FILES)) {
    const name = file.slice(IDENTITY_PATH.length + 1);
    await symlink(join("..data", name), join(path, name));
  }
  return { path, replace, remove: () => rm(path, { recursive: true, force: true }) };
}

async function publish(path: string, { token, trust }: IdentityContent): Promise<void> {
  const version = await mkdtemp(join(path, "..version-"));
  const { tokenSds, trustSds } = identityFiles();
  await writeFile(join(version, "token"), token);
  await writeFile(join(version, "trust.pem"), trust);
  await writeFile(join(version, "token-sds.json"), tokenSds.replaceAll(IDENTITY_PATH, path));
  await writeFile(join(version, "trust-sds.json"), trustSds.replaceAll(IDENTITY_PATH, path));
  const next = join(path, "..data_tmp");
  await symlink(version, next);
  await rename(next, join(path, "..data"));
}
