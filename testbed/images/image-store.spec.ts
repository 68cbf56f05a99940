import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { locations } from "../locations.ts";
import { textFile } from "./image-entry.ts";
import type { ImageRecipe, LayerRecipe } from "./image-recipe.ts";
import { imageLayout } from "./image-store.ts";

let cache: string;
let made: string[];
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "images-"));
  made = [];
});
afterEach(async () => {
  await rm(cache, { recursive: true });
});

const quiet = () => undefined;
const layoutOf = (recipe: ImageRecipe) => imageLayout(recipe, quiet, locations({ XDG_CACHE_HOME: cache }));

function layer(name: string, content: string): LayerRecipe {
  return {
    name,
    inputs: [content],
    async entries() {
      made.push(`${name} ${content}`);
      return [textFile(`/${name}`, content)];
    },
  };
}

function image(name: string, ...layers: readonly LayerRecipe[]): ImageRecipe {
  return { references: [`test/${name}:1`], layers, config: { User: "65532", Entrypoint: ["/run"] } };
}

async function json(path: string) {
  return JSON.parse(await readFile(path, "utf8"));
}

describe("imageLayout", () => {
  it("makes a layout in which every digest and size is that of the file", async () => {
    const layout = await layoutOf(image("a", layer("base", "1"), layer("top", "2")));
    const blob = (digest: string) => join(layout, "blobs", "sha256", digest.replace("sha256:", ""));
    for (const name of await readdir(join(layout, "blobs", "sha256"))) {
      expect(
        createHash("sha256")
          .update(await readFile(blob(name)))
          .digest("hex"),
      ).toBe(name);
    }
    expect(await json(join(layout, "oci-layout"))).toEqual({ imageLayoutVersion: "1.0.0" });
    const [{ digest }] = (await json(join(layout, "index.json"))).manifests;
    const manifest = await json(blob(digest));
    const config = await json(blob(manifest.config.digest));
    expect(config).toMatchObject({ os: "linux", config: { User: "65532", Entrypoint: ["/run"] } });
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map((each: { digest: string }) => each.digest));
    for (const each of [manifest.config, ...manifest.layers])
      expect((await stat(blob(each.digest))).size).toBe(each.size);
  });

  it("makes nothing twice, and a layer once for all images that have it", async () => {
    const base = layer("base", "1");
    const first = await layoutOf(image("a", base, layer("top", "2")));
    expect(await layoutOf(image("a", base, layer("top", "2")))).toBe(first);
    await layoutOf(image("b", base, layer("top", "3")));
    expect(made).toEqual(["base 1", "top 2", "top 3"]);
  });

  it("makes another image for other inputs or another configuration", async () => {
    const first = await layoutOf(image("a", layer("top", "1")));
    expect(await layoutOf(image("a", layer("top", "2")))).not.toBe(first);
    expect(await layoutOf({ ...image("a", layer("top", "1")), config: { User: "0" } })).not.toBe(first);
  });

  it("is made once when several ask at the same time", async () => {
    const recipe = image("a", layer("top", "1"));
    const layouts = await Promise.all([layoutOf(recipe), layoutOf(recipe), layoutOf(recipe)]);
    expect(new Set(layouts).size).toBe(1);
    expect(made).toEqual(["top 1"]);
  });

  it("leaves nothing half made when a layer cannot be made, and makes it the next time", async () => {
    const broken: LayerRecipe = { ...layer("top", "1"), entries: () => Promise.reject(new Error("no such package")) };
    await expect(layoutOf(image("a", broken))).rejects.toThrow("no such package");
    const store = join(cache, "outrigger", "testbed", "images");
    expect(await readdir(join(store, "layouts"))).toEqual([]);
    expect((await readdir(store)).sort()).toEqual(["layers", "layouts"]);
    await expect(layoutOf(image("a", layer("top", "1")))).resolves.toContain("test-a-1");
  });

  it("keeps the last few of a name and forgets the older ones", async () => {
    const first = await layoutOf(image("a", layer("top", "0")));
    const other = await layoutOf(image("b", layer("other", "0")));
    for (let number = 1; number <= 8; number++) await layoutOf(image("a", layer("top", String(number))));
    await expect(stat(first)).rejects.toThrow("ENOENT");
    expect((await stat(other)).isDirectory()).toBe(true);
    const kept = (await readdir(join(cache, "outrigger", "testbed", "images", "layouts"))).length;
    expect(kept).toBe(5);
  });
});
