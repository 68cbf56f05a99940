import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { debianRoot } from "./debian-root.ts";

/**
 * Path of Debian's Prometheus, out of the user's cache: one program that needs nothing but libc. What else its package depends on, for pages
 * in a browser, is fetched and not used.
 *
 * @throws TestbedError `unavailable` when the packages cannot be had.
 */
export async function prometheusProgram(progress: Progress): Promise<string> {
  return join(await debianRoot("prometheus", ["prometheus"], progress), "usr/bin/prometheus");
}
