// Adds to package-lock.json the optional packages of other platforms that npm left out. npm drops an optional package from
// the lock file when the registry that it asked does not have it; but `npm ci` wants every one that a package names, and
// stops with "Missing: … from lock file". Run it after `npm install`; it changes nothing when nothing is missing.
//
// An entry has no integrity, as nobody here has seen the package: it is only for `npm ci` to skip on other platforms.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
/** npm's word for a processor that some packages call otherwise. */
const OTHER_WORDS = { armv7: "arm", aarch64: "arm64" };
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

const path = join(import.meta.dirname, "..", "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));
let added = 0;
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(parent, name)) continue;
    lock.packages[`node_modules/${name}`] = entry(name, version, dev === true);
    added++;
  }
}
if (added > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
process.stdout.write(`${added} optional packages added to package-lock.json\n`);

/** True when `name` is found from the folder of `parent` as Node.js looks for packages: there, then further up. */
function isLocked(parent, name) {
  for (let base = parent; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    if (`${base === "" ? "" : `${base}/`}node_modules/${name}` in lock.packages) return true;
    if (base === "") return false;
  }
}

/** What the lock file says about a package for one platform, which is in its name: `@oxlint/binding-linux-x64-musl`. */
function entry(name, version, dev) {
  const words = name.split(/[/-]/).map((word) => OTHER_WORDS[word] ?? word);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(
      `cannot tell the platform or the version of ${name}@${version}; add it to package-lock.json by hand`,
    );
  }
  const libc = Object.entries({ musl: "musl", gnu: "glibc" }).find(([prefix]) =>
    words.some((word) => word.startsWith(prefix)),
  );
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc === undefined ? {} : { libc: [libc[1]] }),
    optional: true,
    os: [os],
  };
}
