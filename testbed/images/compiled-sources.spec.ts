import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compile, digestOfSources, expectUnchanged, javaScriptOf, SourcesChangedError } from "./compiled-sources.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sources-"));
  await write("src/a.ts", "a");
  await write("package.json", "{}");
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const digest = () => digestOfSources(root, ["src", "package.json"]);

describe("digestOfSources", () => {
  it.each([
    ["a changed file", "src/a.ts", "b"],
    ["a new file", "src/deep/b.ts", ""],
    ["a changed file that is named itself", "package.json", "{ }"],
  ])("is another one after %s", async (_, path, content) => {
    const before = await digest();
    await write(path, content);
    expect(await digest()).not.toBe(before);
  });

  it.each(["src/a.spec.ts", "src/testdata/in.yaml", "src/xds/generated/envoy.js", "elsewhere/a.ts"])(
    "does not mind %s",
    async (path) => {
      const before = await digest();
      await write(path, "anything");
      expect(await digest()).toBe(before);
    },
  );
});

describe("compiling", () => {
  it("notices that a source was changed meanwhile", async () => {
    const before = await digest();
    await expectUnchanged(root, ["src", "package.json"], before);
    await write("src/a.ts", "b");
    await expect(expectUnchanged(root, ["src", "package.json"], before)).rejects.toThrow(SourcesChangedError);
  });

  it("says what failed, with the compiler's own words", async () => {
    await write("compiler.js", "console.log('a.ts(1,1): what is this?'); process.exit(2)");
    await expect(compile(["compiler.js"], root, "src/")).rejects.toThrow(
      "src/ does not compile: a.ts(1,1): what is this?",
    );
  });

  it("leaves JavaScript and its data for the image, without declarations", async () => {
    for (const name of ["a.js", "a.d.ts", "b/data.json", "b/c.js.map"]) await write(`dist/${name}`, "");
    const entries = await javaScriptOf(join(root, "dist"), "/opt");
    expect(entries.map(({ path }) => path)).toEqual(["/opt/a.js", "/opt/b/data.json"]);
  });
});
