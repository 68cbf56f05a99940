import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where the testbed keeps its things between runs. All paths are absolute. */
export interface Locations {
  /** Binaries built from source, one folder for each content of the module files. */
  readonly binaries: string;
  /** One folder for each cluster that runs; nothing else. */
  readonly clusters: string;
  /** Debian packages, unpacked. */
  readonly packages: string;
  /** Lock files; they stay, because removing a lock file is a race. */
  readonly locks: string;
}

/**
 * The testbed's folders under the user's cache, `$XDG_CACHE_HOME` or `~/.cache`; a relative `XDG_CACHE_HOME` is ignored,
 * as the XDG base directory specification asks.
 */
export function locations(env: NodeJS.ProcessEnv = process.env): Locations {
  const wanted = env.XDG_CACHE_HOME;
  const cache = wanted !== undefined && isAbsolute(wanted) ? wanted : join(homedir(), ".cache");
  const root = join(cache, "outrigger", "testbed");
  return {
    binaries: root,
    clusters: join(root, "clusters"),
    packages: join(root, "packages"),
    locks: join(root, "locks"),
  };
}
