import { lstat, readdir, readlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { TestbedError } from "../testbed-error.ts";
import { sharedObjects } from "./elf.ts";
import { copiedFile, folder, type ImageEntry, link } from "./image-entry.ts";

/** Where Debian's loader looks for libraries, after the folders of the multi-arch triplet. */
const LIBRARY_FOLDERS = ["/usr/lib", "/lib", "/usr/lib64", "/lib64"];
const TRIPLETS = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

/** A chain of links longer than this is a circle; Linux itself follows 40. */
const MOST_LINKS = 40;

/**
 * The named paths of an unpacked system as entries of an image: folders with all that they hold, links with what they
 * lead to, programs with their loader and libraries, recursively. So an image holds what runs in it and nothing else.
 *
 * `/bin`, `/sbin`, `/lib` and `/lib64` come out under `/usr`, wherever the root has them: Debian's packages say `/lib`,
 * an installed Debian has `/usr/lib` and a link. Put {@link MERGED_USR} into the image as well.
 *
 * @throws TestbedError `build` for a path or a library that the root does not have.
 */
export async function pick(root: string, paths: readonly string[]): Promise<readonly ImageEntry[]> {
  const picked = new Map<string, ImageEntry>();
  for (const path of paths) await pickOne(root, path, "the image's list", picked);
  return [...picked.values()];
}

/** The links that make `/lib64/ld-linux-x86-64.so.2`, which every program names, be found. */
export const MERGED_USR: readonly ImageEntry[] = ["bin", "sbin", "lib", "lib64"].flatMap((name) => [
  folder(`/usr/${name}`),
  link(`/${name}`, `usr/${name}`),
]);

/** The program or library at `path` of this machine: what it needs, out of `root`; not the file itself. */
export async function pickLibrariesOf(root: string, path: string): Promise<readonly ImageEntry[]> {
  const picked = new Map<string, ImageEntry>();
  await pickSharedObjects(root, path, path, picked);
  return [...picked.values()];
}

async function pickOne(root: string, path: string, why: string, picked: Map<string, ImageEntry>): Promise<void> {
  const found = await findIn(root, path);
  if (found === undefined) {
    throw new TestbedError("build", `there is no ${path} in ${root}, named by ${why}: the package that had it changed`);
  }
  const { place, links } = found;
  for (const entry of links) picked.set(entry.path, entry);
  const target = underUsr(place);
  if (picked.has(target)) return;
  const real = join(root, place);
  const status = await lstat(real);
  if (status.isDirectory()) {
    picked.set(target, folder(target));
    for (const name of (await readdir(real)).sort()) await pickOne(root, posix.join(place, name), why, picked);
    return;
  }
  picked.set(target, copiedFile(target, real, status.mode & 0o111 ? 0o755 : 0o644));
  await pickSharedObjects(root, real, place, picked);
}

async function pickSharedObjects(
  root: string,
  file: string,
  name: string,
  picked: Map<string, ImageEntry>,
): Promise<void> {
  const objects = await sharedObjects(file);
  if (objects?.interpreter !== undefined) await pickOne(root, objects.interpreter, name, picked);
  for (const library of objects?.needed ?? [])
    await pickOne(root, await findLibrary(root, library, name), name, picked);
}

async function findLibrary(root: string, library: string, name: string): Promise<string> {
  const folders = LIBRARY_FOLDERS.slice(0, 2).flatMap((folder) => TRIPLETS.map((triplet) => `${folder}/${triplet}`));
  for (const folder of [...folders, ...LIBRARY_FOLDERS]) {
    const path = `${folder}/${library}`;
    if ((await findIn(root, path)) !== undefined) return path;
  }
  throw new TestbedError("build", `${name} needs ${library}, which no library folder of ${root} has`);
}

/**
 * Where a path of the root leads when the root were `/`: the place of the file or folder itself, and the links met at
 * the end of the path. Links within the path (such as `/lib` on an installed Debian) are followed but not kept.
 */
async function findIn(
  root: string,
  path: string,
): Promise<{ readonly place: string; readonly links: readonly ImageEntry[] } | undefined> {
  const links: ImageEntry[] = [];
  let wanted = posix.normalize(path);
  for (let followed = 0; followed < MOST_LINKS; followed++) {
    const folderPlace = await realFolder(root, dirname(wanted), followed);
    if (folderPlace === undefined) return undefined;
    const place = posix.join(folderPlace, posix.basename(wanted));
    const status = await lstat(join(root, place)).catch(() => undefined);
    if (status === undefined) return undefined;
    if (!status.isSymbolicLink()) return { place, links };
    const target = await readlink(join(root, place));
    links.push(link(underUsr(place), target));
    wanted = posix.resolve(dirname(place), target);
  }
  throw new TestbedError("build", `${path} in ${root} is a circle of links`);
}

async function realFolder(root: string, path: string, followed: number): Promise<string | undefined> {
  if (path === "/") return "/";
  if (followed > MOST_LINKS) throw new TestbedError("build", `${path} in ${root} is a circle of links`);
  const parent = await realFolder(root, dirname(path), followed + 1);
  if (parent === undefined) return undefined;
  const place = posix.join(parent, posix.basename(path));
  const status = await lstat(join(root, place)).catch(() => undefined);
  if (status?.isSymbolicLink()) {
    return await realFolder(root, posix.resolve(parent, await readlink(join(root, place))), followed + 1);
  }
  return status?.isDirectory() ? place : undefined;
}

function underUsr(place: string): string {
  return /^\/(?:bin|sbin|lib|lib64)(?:\/|$)/.test(place) ? `/usr${place}` : place;
}
