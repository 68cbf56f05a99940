import { access, chmod, mkdir, mkdtemp, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Locations, locations } from "../locations.ts";
import { bindDirectory } from "../process/bound-process.ts";
import type { Progress } from "../progress.ts";
import { TestbedError } from "../testbed-error.ts";
import { debianRoot } from "./debian-root.ts";

const PACKAGES = ["conntrack", "containernetworking-plugins", "iproute2", "iptables", "nftables", "runc"] as const;

/** What a name runs: the program in the unpacked packages, and the name by which that program is to know itself. */
type Tool = readonly [name: string, program: string];

const XTABLES_NAMES = [
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
];

/** One program has many names here, and Debian makes the links to the nft variant by update-alternatives. */
const XTABLES: readonly Tool[] = XTABLES_NAMES.flatMap((name): readonly Tool[] => [
  [name, "usr/sbin/xtables-nft-multi"],
  [name.replace("tables", "tables-nft"), "usr/sbin/xtables-nft-multi"],
  [name.replace("tables", "tables-legacy"), "usr/sbin/xtables-legacy-multi"],
]);

const TOOLS: readonly Tool[] = [
  ...XTABLES,
  ["nft", "usr/sbin/nft"],
  ["conntrack", "usr/sbin/conntrack"],
  ["ip", "usr/bin/ip"],
];

/** Raise it when the wrappers change: what is in the cache is never looked at again. */
const FORMAT = 1;

/**
 * Path of a folder to put first on `PATH`: iptables and ip6tables (nft back end) with `-save`, `-restore`, `-nft` and
 * `-legacy` variants, nft, conntrack, ip and runc, out of Debian's packages in the user's cache. Nothing is installed.
 * The folder `cni` in it holds the CNI plugins.
 *
 * @throws TestbedError `unavailable` when the packages cannot be had.
 */
export async function hostTools(progress: Progress, where: Locations = locations()): Promise<string> {
  const root = await debianRoot("host-tools", PACKAGES, progress, where);
  const folder = `${root}-bin-${FORMAT}`;
  if (await exists(folder)) return folder;
  const unfinished = await bindDirectory(await mkdtemp(join(where.packages, "unfinished-")));
  try {
    const bin = join(unfinished.path, "bin");
    await writeTools(root, bin);
    await rename(bin, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was quicker, with the same content.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await unfinished.remove();
  }
  return folder;
}

async function writeTools(root: string, bin: string): Promise<void> {
  await mkdir(bin);
  const libraries = await librariesOf(root);
  const loader = join(root, "lib64", await only(join(root, "lib64"), /^ld-linux.*\.so\.\d+$/));
  for (const [name, program] of TOOLS) {
    // Started through the loader of the same packages, so that it does not matter which libraries the machine has.
    const script = [
      "#!/bin/sh",
      `export XTABLES_LIBDIR="${libraries}/xtables"`,
      `exec "${loader}" --library-path "${libraries}" --argv0 "${name}" "${join(root, program)}" "$@"`,
      "",
    ].join("\n");
    await writeFile(join(bin, name), script);
    await chmod(join(bin, name), 0o755);
  }
  // runc starts itself again as /proc/self/exe, which through the loader would be the loader. Its one library beside
  // libc is libseccomp, which every Debian has, because apt needs it.
  await symlink(join(root, "usr/sbin/runc"), join(bin, "runc"));
  await symlink(join(root, "usr/lib/cni"), join(bin, "cni"));
}

/** The folder of the shared libraries, such as `usr/lib/x86_64-linux-gnu`. */
async function librariesOf(root: string): Promise<string> {
  return join(root, "usr/lib", await only(join(root, "usr/lib"), /-linux-gnu/));
}

async function only(folder: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(folder)).find((entry) => pattern.test(entry));
  if (name !== undefined) return name;
  throw new TestbedError(
    "unavailable",
    `there is nothing like ${pattern} in ${folder}; remove that folder and try again`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
