import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { TestbedError } from "../testbed-error.ts";

export interface OlderNode {
  /** Folder that holds `node`, to be put first on `PATH`. */
  readonly folder: string;
  /** Such as `v20.20.2`. */
  readonly version: string;
}

/** The range in which `bin/outrigger.js` has to go on with another Node.js than its own. */
const OLDEST = 20;
const NEWEST = 23;

/**
 * A Node.js from 20 to 23 on `PATH`: what a user may have whom the package is made for.
 *
 * @throws TestbedError `unavailable`, naming the versions found.
 */
export async function olderNode(path: string = process.env.PATH ?? ""): Promise<OlderNode> {
  const seen: string[] = [];
  for (const folder of path.split(delimiter)) {
    const version = folder === "" ? undefined : await nodeVersion(join(folder, "node"));
    if (version === undefined) continue;
    const major = Number(/^v(\d+)\./.exec(version)?.[1]);
    if (major >= OLDEST && major <= NEWEST) return { folder, version };
    seen.push(`${folder}: ${version}`);
  }
  throw new TestbedError(
    "unavailable",
    `no Node.js ${OLDEST} to ${NEWEST} on PATH, which the package must start with (found ${seen.join(", ") || "none"})`,
  );
}

async function nodeVersion(node: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(node, ["--version"])).stdout.trim();
  } catch {
    return undefined;
  }
}
