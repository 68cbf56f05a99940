import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../testbed/commands/status.ts";
import { locations } from "../../testbed/locations.ts";
import { identify } from "../../testbed/process/identity.ts";
import { type Outcome, outcomeOf } from "./kubectl.ts";

const MAIN = join(import.meta.dirname, "../../testbed/main.ts");
/** A second cluster: the tests run in the network of a first, which has the same addresses and ports. */
const NAME = `lifecycle-${process.pid}`;
const FOLDER = join(locations().clusters, NAME);
/** Four seconds on a quiet machine; longer when our image has to be built first, among others who build. */
const STARTING_MS = 100_000;
/** Everything ends within a second or two of its owner; a busy machine may take longer. */
const GONE = { timeout: 90_000, interval: 100 };

/** Everything starts in a network that nobody else changes: what a cluster leaves there is seen. */
let network: ChildProcess;
let enter: readonly [string, ...string[]];

beforeAll(async () => {
  network = spawn("unshare", ["--net", "sh", "-c", "echo up; read -r _"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(network.stdout ?? network, "data");
  enter = ["nsenter", `--net=/proc/${network.pid}/ns/net`, "--"];
});

afterAll(() => {
  network.stdin?.end();
});

afterEach(async () => {
  await testbed("down", "--name", NAME);
});

async function testbed(...args: readonly string[]): Promise<Outcome> {
  const [command, ...rest] = enter;
  return await outcomeOf(command, [...rest, process.execPath, MAIN, ...args]);
}

/** Starts the cluster, with a pod that runs in it. */
async function up(): Promise<Readonly<Record<string, number>>> {
  expect(await testbed("up", "--tier", "node", "--name", NAME)).toMatchObject({ code: 0 });
  const kubectl = ["kubectl", "--name", NAME];
  expect(await testbed(...kubectl, "run", "nginx", "--image=nginx")).toMatchObject({ code: 0 });
  const wait = ["wait", "--for=condition=Ready", "pod/nginx", "--timeout=150s"];
  expect(await testbed(...kubectl, ...wait)).toMatchObject({ code: 0 });
  const clusters = JSON.parse((await testbed("status", "--output", "json")).stdout) as ClusterStatus[];
  return clusters.find(({ name }) => name === NAME)?.processes ?? {};
}

/** Where the programs of a node keep things, unless they are told otherwise. */
const NODE_FOLDERS = [
  "/run/containerd",
  "/run/netns",
  "/run/testbed",
  "/var/lib/cni",
  "/var/lib/containerd",
  "/var/lib/kubelet",
  "/var/log/containers",
  "/var/log/pods",
];

/** What the machine has that a node could leave behind, beside processes. */
function machine(): Readonly<Record<string, readonly string[]>> {
  const [nsenter, ...rest] = enter;
  const say = (...command: readonly string[]) =>
    execFileSync(nsenter, [...rest, ...command], { encoding: "utf8" }).split("\n");
  return {
    links: say("ip", "-o", "link"),
    routes: say("ip", "route", "show", "table", "all"),
    rules: say("nft", "list", "ruleset").concat(say("iptables-legacy-save").filter((line) => !line.startsWith("#"))),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(NAME) || line.includes("/run/testbed")),
    controlGroups: controlGroups(),
    files: NODE_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
      readdirSync(folder).map((entry) => join(folder, entry)),
    ),
    cluster: existsSync(FOLDER) ? [FOLDER] : [],
  };
}

function controlGroups(): readonly string[] {
  const root = "/sys/fs/cgroup";
  const hierarchies = readdirSync(root).filter((entry) => statSync(join(root, entry)).isDirectory());
  return hierarchies
    .flatMap((hierarchy) => readdirSync(join(root, hierarchy)).map((entry) => join(hierarchy, entry)))
    .filter((path) => path.includes(NAME));
}

/** Processes of the cluster: those in its control groups, as all that it starts are, and those that name its folder. */
function processes(): readonly string[] {
  return (
    readdirSync("/proc")
      // What has ended and only waits for its parent to take notice is no process any more.
      .filter((entry) => /^\d+$/.test(entry) && identify(Number(entry)) !== undefined)
      .flatMap((pid) => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
          const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
          return command.includes(FOLDER) || groups.includes(NAME) ? [`${pid} ${command}`] : [];
        } catch {
          return [];
        }
      })
  );
}

test("up and down leave nothing, with a pod running, beside another cluster with the same ports", async () => {
  const before = machine();
  await up();
  expect(processes().length).toBeGreaterThan(10);
  expect(controlGroups().length).toBeGreaterThan(0);
  expect(await testbed("down", "--name", NAME)).toMatchObject({ code: 0, stdout: `${NAME} is down\n` });
  expect({ ...machine(), processes: processes() }).toEqual({ ...before, processes: [] });
});

test.each(["owner", "machine", "etcd", "kubelet"])("SIGKILL of the %s takes everything with it", async (victim) => {
  const before = machine();
  const running = await up();
  process.kill(running[victim] as number, "SIGKILL");
  await expect.poll(() => ({ ...machine(), processes: processes() }), GONE).toEqual({ ...before, processes: [] });
});

test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s during up leaves nothing", async (signal) => {
  const before = machine();
  const [nsenter, ...rest] = enter;
  const args = [...rest, process.execPath, MAIN, "up", "--tier", "node", "--name", NAME];
  const child = spawn(nsenter, args, { stdio: "ignore" });
  const ended = once(child, "exit");
  await expect
    .poll(() => existsSync(join(FOLDER, "logs", "kubelet.log")), { timeout: STARTING_MS, interval: 20 })
    .toBe(true);
  child.kill(signal);
  await ended;
  await expect.poll(() => ({ ...machine(), processes: processes() }), GONE).toEqual({ ...before, processes: [] });
});

test("two ups at once start one cluster, and a third finds it", async () => {
  const started = await Promise.all([1, 2].map(() => testbed("up", "--tier", "node", "--name", NAME)));
  expect(started.map(({ code }) => code)).toEqual([0, 0]);
  expect(started.filter(({ stdout }) => stdout.includes("was up already"))).toHaveLength(1);
  expect((await testbed("up", "--tier", "node", "--name", NAME)).stdout).toContain("was up already");
  expect(await testbed("up", "--name", NAME)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("as tier node"),
  });
});

test("exec is in the cluster's network and passes input, output and exit code through", async () => {
  await testbed("up", "--tier", "node", "--name", NAME);
  const file = join(tmpdir(), `${NAME}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "from-a-file" } }));
  try {
    // kube-proxy writes its first rules a moment after the node is ready
    const rules =
      "for i in $(seq 100); do iptables -t nat -S KUBE-SERVICES 2>/dev/null | grep -e ^-A && break; sleep 0.2; done";
    const script = `kubectl create -f ${file} && ip -o address show dev node0 && ${rules}; cat; exit 7`;
    const { code, stdout } = await outcomeOf(
      process.execPath,
      [MAIN, "exec", "--name", NAME, "--", "sh", "-c", script],
      "typed",
    );
    expect(code).toBe(7);
    expect(stdout).toContain("namespace/from-a-file created\n");
    expect(stdout).toContain("inet 10.124.0.1/24");
    expect(stdout).toContain("-A KUBE-SERVICES");
    expect(stdout.endsWith("typed")).toBe(true);
  } finally {
    rmSync(file);
  }
});
