// Generates the Envoy messages that src/xds uses from the .proto files in src/xds/proto; nothing is downloaded, and nothing of it
// is committed. Runs as a part of `npm run build`, so `npm ci` alone leaves a usable checkout; it does nothing when neither
// those files nor the tools nor this file have changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const TOOLS = ["@bufbuild/buf", "@bufbuild/protoc-gen-es"];

const root = dirname(import.meta.dirname);
const sources = join(root, "src", "xds", "proto");
const generated = join(root, "src", "xds", "generated");
const require = createRequire(import.meta.url);
const manifests = TOOLS.map((name) => require.resolve(`${name}/package.json`));
const stamp = stampOf([import.meta.filename, ...manifests, ...filesUnder(sources)]);

if (!existsSync(join(generated, stamp))) generate();

/** Into a folder beside it first: when a tool fails, or somebody reads meanwhile, the old ones are still there. */
function generate() {
  const output = join(root, "build", `proto-${process.pid}`);
  rmSync(output, { recursive: true, force: true });
  try {
    run(output);
    writeFileSync(join(output, stamp), "");
    mkdirSync(dirname(generated), { recursive: true });
    rmSync(generated, { recursive: true, force: true });
    renameSync(output, generated);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** JavaScript with declarations: generated TypeScript has enums, which Node.js does not strip. */
function run(output) {
  const plugin = [join(bin("@bufbuild/protoc-gen-es", "protoc-gen-es"))];
  const template = {
    version: "v2",
    plugins: [{ local: [process.execPath, ...plugin], out: output, opt: ["target=js+dts", "import_extension=js"] }],
  };
  const buf = bin("@bufbuild/buf", "buf");
  const arguments_ = [buf, "generate", "--template", JSON.stringify(template)];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: sources, stdio: "inherit" });
  if (status !== 0) throw new Error("the Envoy messages could not be generated");
}

function bin(name, program) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: programs } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), programs[program]);
}

/** In an order that does not depend on the file system. */
function filesUnder(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** Name of the file that says what the generated ones were made from. */
function stampOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return `made-from-${hash.digest("hex").slice(0, 16)}`;
}
