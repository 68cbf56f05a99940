import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Locations, locations } from "../locations.ts";
import { bindDirectory } from "../process/bound-process.ts";
import { withFileLock } from "../process/file-lock.ts";
import type { Progress } from "../progress.ts";
import { TestbedError } from "../testbed-error.ts";

const run = promisify(execFile);

/** Some ten megabytes over a slow line; apt gives up by itself before that. */
const APT_MS = 300_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;

/** Debian's folders since the merge of `/usr`: older packages still ship files under the left names. */
const MERGED = ["bin", "sbin", "lib", "lib64"] as const;

/**
 * Path of a folder in the user's cache that holds Debian packages with everything that they depend on, unpacked as a root
 * file system (`usr/bin`, `usr/lib`, `etc`, and `bin`, `lib` as links). No maintainer script has run, so links of
 * update-alternatives are missing. `packages.txt` in it lists the files of the packages, one `name_version_arch` a line.
 *
 * Nothing is installed, and the machine's own package data is neither read nor written: apt works on an empty list of
 * installed packages, so no dependency is hidden by what the machine has. Needs no privileges.
 *
 * @param key a word that tells people what the folder is for; part of its name.
 * @param packages names, or `name=version`; the order does not matter.
 * @param aptOptions settings of apt such as `Dir::Etc::sourcelist=/path`, for other sources than the machine's.
 * @throws TestbedError `unavailable` without apt, or when a package cannot be had.
 */
export async function debianRoot(
  key: string,
  packages: readonly string[],
  progress: Progress,
  where: Locations = locations(),
  aptOptions: readonly string[] = [],
): Promise<string> {
  const sorted = [...packages].sort();
  const folder = join(where.packages, `${key}-${await digestOf(sorted)}`);
  if (await exists(folder)) return folder;
  const waiting = () => progress("another process is fetching Debian packages; waiting for it");
  return await withFileLock(join(where.locks, "packages.lock"), waiting, async () => {
    if (await exists(folder)) return folder;
    progress(`fetching Debian packages, once: ${sorted.join(" ")}`);
    await mkdir(where.packages, { recursive: true });
    const unfinished = await bindDirectory(await mkdtemp(join(where.packages, "unfinished-")));
    try {
      const root = join(unfinished.path, "root");
      const archives = await download(unfinished.path, join(where.packages, "apt"), sorted, aptOptions);
      await unpack(archives, root);
      await rename(root, folder);
    } finally {
      await unfinished.remove();
    }
    return folder;
  });
}

/** Says what a root holds: the packages asked for, the release that they come from, and the machine. */
async function digestOf(packages: readonly string[]): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const version = /^VERSION_CODENAME=.*$/m.exec(release)?.[0] ?? "";
  const text = [version, process.arch, ...packages].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** Downloads the packages and their dependencies; paths of the archives, sorted. */
async function download(
  folder: string,
  lists: string,
  packages: readonly string[],
  aptOptions: readonly string[],
): Promise<readonly string[]> {
  const archives = join(folder, "archives");
  await mkdir(join(lists, "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  const options = [
    `Dir::State=${lists}`,
    `Dir::State::status=${join(folder, "status")}`,
    `Dir::Cache::archives=${archives}`,
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    // Without a user of its own, apt could not write into our folder.
    "APT::Sandbox::User=",
    "APT::Install-Recommends=false",
    "Debug::NoLocking=true",
    ...aptOptions,
  ].flatMap((option) => ["-o", option]);
  await apt([...options, "-qq", "update"]);
  await apt([...options, "-qq", "-y", "--download-only", "install", ...packages]);
  const names = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  return names.sort().map((name) => join(archives, name));
}

async function apt(args: readonly string[]): Promise<void> {
  try {
    await run("apt-get", args, { timeout: APT_MS, maxBuffer: OUTPUT_BYTES });
  } catch (cause) {
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string };
    throw new TestbedError(
      "unavailable",
      code === "ENOENT"
        ? "Debian packages cannot be fetched, because there is no apt-get here; this tier runs on Debian and Ubuntu"
        : `apt-get could not fetch Debian packages: ${(stderr?.trim() || message).split("\n").slice(0, 3).join("; ")}`,
      { cause },
    );
  }
}

async function unpack(archives: readonly string[], root: string): Promise<void> {
  await mkdir(join(root, "usr"), { recursive: true });
  for (const name of MERGED) {
    await mkdir(join(root, "usr", name));
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const archive of archives) await extract(archive, root);
  const names = archives.map((path) => path.slice(path.lastIndexOf("/") + 1, -".deb".length));
  await writeFile(join(root, "packages.txt"), `${names.join("\n")}\n`);
}

/** `dpkg-deb --extract` replaces a link to a folder by a folder; tar can be told to keep the links of the merge. */
async function extract(archive: string, root: string): Promise<void> {
  const pipeline = 'dpkg-deb --fsys-tarfile "$0" | tar -x --keep-directory-symlink --no-same-owner -C "$1"';
  await run("bash", ["-o", "pipefail", "-c", pipeline, archive, root], { timeout: APT_MS });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
