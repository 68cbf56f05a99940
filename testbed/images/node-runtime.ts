import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { debianRoot } from "../packages/debian-root.ts";
import { copiedFile, type ImageEntry, link } from "./image-entry.ts";
import type { LayerRecipe } from "./image-recipe.ts";
import { MERGED_USR, pick, pickLibrariesOf } from "./pick.ts";
import { STANDARD_FILES } from "./standard-files.ts";

/** Names of Debian packages, one a line; the Dockerfile installs the same list. */
const PACKAGE_LIST = join(import.meta.dirname, "runtime-packages.txt");

const COMMANDS = ["tables", "tables-save", "tables-restore"];

/** iptables and its kin are one program for each back end; update-alternatives makes the plain names mean nft. */
const XTABLES_NAMES: readonly ImageEntry[] = ["ip", "ip6"].flatMap((family) =>
  COMMANDS.flatMap((command) => [
    link(`/usr/sbin/${family}${command}`, "xtables-nft-multi"),
    link(`/usr/sbin/${family}${command.replace("tables", "tables-nft")}`, "xtables-nft-multi"),
    link(`/usr/sbin/${family}${command.replace("tables", "tables-legacy")}`, "xtables-legacy-multi"),
  ]),
);

/** Where the image's programs are looked for; Kubernetes keeps it unless the pod says otherwise. */
export const RUNTIME_PATH = "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The lower layer of our own image and of the test application's: Node.js out of npm's package and the programs that
 * write redirect rules. It is nine tenths of both, and changes only with the lock file or the package list.
 */
export async function nodeRuntimeLayer(): Promise<LayerRecipe> {
  const packages = await runtimePackages();
  const { version } = JSON.parse(await readFile(join(packagedNode(), "../../package.json"), "utf8")) as {
    version: string;
  };
  return {
    name: "node-runtime",
    inputs: [version, String(await canStrip()), ...packages],
    async entries(scratch, progress) {
      return await nodeRuntimeEntries(await debianRoot("runtime", packages, progress), scratch);
    },
  };
}

/**
 * The same as entries, out of a root where the packages of the list are. `scratch` is for the stripped Node.js, whose
 * symbols are 18 MB that nothing reads; without binutils it stays as it is.
 */
export async function nodeRuntimeEntries(root: string, scratch: string): Promise<readonly ImageEntry[]> {
  const node = packagedNode();
  const stripped = join(scratch, "node");
  const program = (await canStrip()) ? stripped : node;
  if (program === stripped) await promisify(execFile)("strip", ["-o", stripped, node]);
  return [
    ...STANDARD_FILES,
    ...MERGED_USR,
    ...(await pickLibrariesOf(root, node)),
    ...(await pick(root, [
      "/usr/sbin/xtables-nft-multi",
      "/usr/sbin/xtables-legacy-multi",
      "/usr/sbin/nft",
      `/usr/lib/${await tripletOf(root)}/xtables`,
      "/etc/protocols",
      "/etc/services",
    ])),
    ...XTABLES_NAMES,
    copiedFile("/usr/local/bin/node", program, 0o755),
  ];
}

async function runtimePackages(): Promise<readonly string[]> {
  return (await readFile(PACKAGE_LIST, "utf8")).split("\n").filter((line) => line !== "");
}

/** The Node.js of the optional package for this processor, which the lock file pins. */
function packagedNode(): string {
  return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
}

/** The folder of Debian's multi-arch libraries that has the modules of iptables. */
async function tripletOf(root: string): Promise<string> {
  const folders = await readdir(join(root, "usr/lib"));
  return folders.find((name) => name.endsWith("-linux-gnu")) ?? `${process.arch}-linux-gnu`;
}

async function canStrip(): Promise<boolean> {
  return await promisify(execFile)("strip", ["--version"]).then(
    () => true,
    () => false,
  );
}
