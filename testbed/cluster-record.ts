import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeControlGroups } from "./node-tier/control-groups.ts";
import { type BoundDirectory, bindDirectory } from "./process/bound-process.ts";
import { isAlive, ownIdentity, type ProcessIdentity, waitUntilGone } from "./process/identity.ts";
import { TestbedError } from "./testbed-error.ts";

/** What a cluster's folder says about it, in `cluster.json`. */
export interface ClusterRecord {
  readonly name: string;
  readonly tier: TierName;
  /** `up`: by the command line, runs until `down`. `program`: by a program such as a test run, and is that program's. */
  readonly startedBy: StartedBy;
  /** The process that everything of the cluster dies with. */
  readonly owner: ProcessIdentity;
  /** The process that removes the folder after the owner's death. */
  readonly remover: ProcessIdentity;
  /** Folders of the cluster's control groups; none in the API tier. */
  readonly controlGroups: readonly string[];
  /** RFC 3339. */
  readonly since: string;
  /** Undefined while the cluster starts. */
  readonly running: RunningRecord | undefined;
}

export type StartedBy = "up" | "program";
export type TierName = "api" | "node";

export interface RunningRecord {
  readonly server: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** Path of the private key (PKCS#8, PEM) that signs service account tokens: tests sign expired ones with it. */
  readonly serviceAccountKey: string;
  readonly etcd: ProcessIdentity;
  readonly apiServer: ProcessIdentity;
  /** What only a cluster with a node has. */
  readonly node?: NodeRecord;
}

/** Its network namespace is that of the owner. All paths are absolute. */
export interface NodeRecord {
  /** Process 1 of the namespaces that containers run in. */
  readonly machine: ProcessIdentity;
  /** The socket on which the owner takes requests (`node-tier/control-requests.ts`). */
  readonly control: string;
  /** Folder with iptables, nft, ip and others, first on `PATH` of what runs in the cluster's network. */
  readonly tools: string;
  /** Folder with a log for each program. */
  readonly logs: string;
  /** The other programs, by name. One that is stopped is missing. */
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
}

const RECORD = "cluster.json";
/** A folder without a record is being made right now, or its maker died in that moment. */
const UNRECORDED_MS = 10_000;
/** A remover gives up by itself before that. */
const REMOVER_MS = 15_000;

/** Lower case, digits and dashes, up to 40 characters: a folder's name and a word in messages. */
export function checkName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return;
  throw new TestbedError(
    "usage",
    `the name ${JSON.stringify(name)} is not usable: expected 1 to 40 of a-z, 0-9 and "-", not at the ends; for example "dev"`,
  );
}

/** A new cluster's folder, and the record that says so. */
export interface ClaimedCluster {
  readonly directory: BoundDirectory;
  readonly record: ClusterRecord;
}

/** What a new cluster is beside its name. */
export interface ClusterKind {
  readonly tier: TierName;
  /** Folders that the cluster will make, and that disappear with its folder. */
  readonly controlGroups: readonly string[];
}

const API_TIER: ClusterKind = { tier: "api", controlGroups: [] };

/**
 * Makes the folder of a new cluster, readable by its user alone; it belongs to this process and disappears with it.
 *
 * @throws TestbedError `name-taken` when a running cluster has the name.
 */
export async function claimCluster(
  clusters: string,
  name: string,
  startedBy: StartedBy,
  now: Date,
  { tier, controlGroups }: ClusterKind = API_TIER,
): Promise<ClaimedCluster> {
  checkName(name);
  await mkdir(clusters, { recursive: true });
  const path = join(clusters, name);
  await removeWhenDead(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    throw new TestbedError("name-taken", `a cluster named ${name} runs already; stop it, or take another name`, {
      cause,
    });
  }
  const directory = await bindDirectory(path, controlGroups);
  const since = now.toISOString();
  const record = {
    name,
    tier,
    startedBy,
    owner: ownIdentity(),
    remover: directory.remover,
    controlGroups,
    since,
    running: undefined,
  };
  await writeRecord(path, record);
  return { directory, record };
}

/** Records what runs in the folder, in one step: a reader sees the old record or the new one. */
export async function writeRecord(directory: string, record: ClusterRecord): Promise<void> {
  const path = join(directory, RECORD);
  await writeFile(`${path}.new`, JSON.stringify(record, null, 2));
  await rename(`${path}.new`, path);
}

/** The cluster of that name; undefined when there is none, or when it died. */
export async function readRecord(clusters: string, name: string): Promise<ClusterRecord | undefined> {
  const record = await recordIn(join(clusters, name));
  return record !== undefined && isAlive(record.owner) ? record : undefined;
}

/** All clusters that run or start, by name; what dead ones left is removed on the way. */
export async function listRecords(clusters: string): Promise<readonly ClusterRecord[]> {
  const names = await readdir(clusters).catch(() => []);
  const records: ClusterRecord[] = [];
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    await removeWhenDead(join(clusters, name));
    const record = await readRecord(clusters, name);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Removes what a cluster left whose owner and whose remover were both killed; waits for a remover that is at work. */
export async function removeWhenDead(directory: string): Promise<void> {
  const record = await recordIn(directory);
  if (record !== undefined ? isAlive(record.owner) : await isYoung(directory)) return;
  if (record !== undefined && !(await waitUntilGone([record.remover], REMOVER_MS))) return;
  await removeControlGroups(record?.controlGroups ?? []);
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function isYoung(directory: string): Promise<boolean> {
  const found = await stat(directory).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < UNRECORDED_MS;
}

async function recordIn(directory: string): Promise<ClusterRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, RECORD), "utf8")) as ClusterRecord;
  } catch {
    return undefined;
  }
}
