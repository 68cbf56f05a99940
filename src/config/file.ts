import { open } from "node:fs/promises";
import { ConfigurationError } from "./configuration-error.ts";
import { MAXIMUM_FILE_BYTES } from "./from-file.ts";

/**
 * Reads a configuration file for `loadConfiguration`. Throws a ConfigurationError (`unreadable`) when it
 * cannot be read, is larger than 1 MiB or is not UTF-8. Reads no more than that, so that a device or a pipe is harmless.
 */
export async function readConfigurationFile(path: string): Promise<{ path: string; text: string }> {
  try {
    await using handle = await open(path);
    const buffer = Buffer.alloc(MAXIMUM_FILE_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > MAXIMUM_FILE_BYTES) throw unreadable(path, `at most ${MAXIMUM_FILE_BYTES} bytes`);
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    if (error instanceof TypeError) throw unreadable(path, "a text in UTF-8", error);
    throw unreadable(path, `a file that can be read, but ${reasonOf(error)}`, error);
  }
}

/** The frequent ones as a sentence; the rest as the system says it. */
function reasonOf(error: unknown): string {
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "ENOENT":
      return "it does not exist";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
      return "this user may not read it";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function unreadable(file: string, expected: string, cause?: unknown): ConfigurationError {
  const origin = { source: "file", file, line: 1, column: 1 } as const;
  return new ConfigurationError("unreadable", [{ setting: "", origin, expected }], { cause });
}
