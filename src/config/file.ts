import { readFile } from "node:fs/promises";

/**
 * Reads a configuration file for `loadConfiguration`. Throws a ConfigurationError (`CONFIGURATION_UNREADABLE`) when it
 * cannot be read, is larger than 1 MiB or is not UTF-8.
 */
export async function readConfigurationFile(path: string): Promise<{ path: string; text: string }> {
  return { path, text: await readFile(path, "utf8") };
}
