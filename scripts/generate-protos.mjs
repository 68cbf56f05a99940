// Generates the Envoy messages that src/xds uses, from the .proto files that an npm package ships: nothing is downloaded, and
// nothing of it is committed. Runs as a part of `npm run build`, so `npm ci` alone leaves a usable checkout; it does nothing
// when neither this file nor the packages have changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What is imported by name; whatever these import comes along. */
const ENTRIES = [
  "envoy/config/cluster/v3/cluster.proto",
  "envoy/config/endpoint/v3/endpoint.proto",
  "envoy/config/listener/v3/listener.proto",
  "envoy/config/route/v3/route.proto",
  "envoy/config/trace/v3/datadog.proto",
  "envoy/config/trace/v3/opentelemetry.proto",
  "envoy/config/trace/v3/xray.proto",
  "envoy/config/trace/v3/zipkin.proto",
  "envoy/extensions/access_loggers/file/v3/file.proto",
  "envoy/extensions/filters/http/router/v3/router.proto",
  "envoy/extensions/filters/listener/original_dst/v3/original_dst.proto",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
  "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
  "envoy/extensions/transport_sockets/tls/v3/tls.proto",
  "envoy/service/discovery/v3/discovery.proto",
];
const TOOLS = ["@grpc/grpc-js-xds", "@bufbuild/buf", "@bufbuild/protoc-gen-es"];
/** Later releases of validate.proto have this rule, and Envoy's files use it; the shipped file is an older one. */
const IGNORE_EMPTY = { numeric: 8, StringRules: 26, BytesRules: 14, RepeatedRules: 5, MapRules: 6 };
const NUMERIC = /^(?:Float|Double|S?U?Int(?:32|64)|S?Fixed(?:32|64))Rules$/;

const root = dirname(import.meta.dirname);
const generated = join(root, "src", "xds", "generated");
const require = createRequire(import.meta.url);
const stamp = stampOf([import.meta.filename, ...TOOLS.map((name) => require.resolve(`${name}/package.json`))]);

if (!existsSync(join(generated, stamp))) generate();

function generate() {
  const work = join(root, "build", `proto-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  try {
    const output = join(work, "out");
    stage(join(work, "proto"));
    run(join(work, "proto"), output);
    writeFileSync(join(output, stamp), "");
    mkdirSync(dirname(generated), { recursive: true });
    rmSync(generated, { recursive: true, force: true });
    renameSync(output, generated);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Copies the entries and everything that they import to one folder. */
function stage(folder) {
  const shipped = join(dirname(require.resolve("@grpc/grpc-js-xds/package.json")), "deps");
  const roots = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((name) => join(shipped, name));
  const wanted = [...ENTRIES];
  const seen = new Set(wanted);
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    // protobuf's own types are known to the compiler
    if (path.startsWith("google/protobuf/")) continue;
    const place = roots.map((each) => join(each, path)).find((each) => existsSync(each));
    if (place === undefined) throw new Error(`${path} is imported, but ${shipped} does not have it`);
    const text = readFileSync(place, "utf8").replaceAll("\r", "");
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, path === "validate/validate.proto" ? withIgnoreEmpty(text) : text);
    for (const [, imported] of text.matchAll(/^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"/gm)) {
      if (!seen.has(imported)) wanted.push(imported);
      seen.add(imported);
    }
  }
}

function withIgnoreEmpty(text) {
  return text.replaceAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm, (whole, name, body) => {
    const number = NUMERIC.test(name) ? IGNORE_EMPTY.numeric : IGNORE_EMPTY[name];
    if (number === undefined || body.includes("ignore_empty")) return whole;
    return `message ${name} {\n    optional bool ignore_empty = ${number};\n${body}}`;
  });
}

/** JavaScript with declarations: generated TypeScript has enums, which Node.js does not strip. */
function run(input, output) {
  const plugin = [join(bin("@bufbuild/protoc-gen-es", "protoc-gen-es"))];
  const template = {
    version: "v2",
    plugins: [{ local: [process.execPath, ...plugin], out: output, opt: ["target=js+dts", "import_extension=js"] }],
  };
  // a configuration of its own keeps buf from looking for one in the folders above
  writeFileSync(join(input, "buf.yaml"), "version: v2\n");
  const buf = bin("@bufbuild/buf", "buf");
  const arguments_ = [buf, "generate", "--template", JSON.stringify(template)];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: input, stdio: "inherit" });
  if (status !== 0) throw new Error("the Envoy messages could not be generated");
}

function bin(name, program) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: programs } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), programs[program]);
}

/** Name of the file that says what the generated ones were made from. */
function stampOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return `made-from-${hash.digest("hex").slice(0, 16)}`;
}
