import { watch } from "node:fs";
import { dirname } from "node:path";

/** Two files never change in one instant: wait for the second. */
const SETTLE = 100;
/** File systems without notifications (some network mounts) are looked at so often. */
const POLL = 60_000;

/**
 * Calls back after anything changed in the directories of these files: a file itself, or the `..data` link by which the
 * kubelet swaps all files of a volume at once. May call back without a change. Ends with the signal.
 */
export function watchFiles(paths: readonly string[], changed: () => void, signal: AbortSignal): void {
  let settling: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE).unref();
  };
  for (const directory of new Set(paths.map((path) => dirname(path)))) {
    try {
      const watcher = watch(directory, { persistent: false, signal }, soon);
      // A directory that is removed, or too many watches: polling goes on.
      watcher.on("error", () => {});
    } catch {
      // Not there yet, or not watchable: polling finds it.
    }
  }
  const poll = setInterval(changed, POLL).unref();
  signal.addEventListener("abort", () => {
    clearInterval(poll);
    clearTimeout(settling);
  });
}
