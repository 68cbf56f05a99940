import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { changeComponent } from "../../../testbed/commands/owner.ts";
import { currentCluster } from "../../../testbed/current-cluster.ts";
import { outcomeOf } from "../kubectl.ts";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");
/** Where the testbed's CoreDNS listens, a program of the node: a stanza without it would ask for every address. */
const BIND = /^ {2}bind .*$/m;

/**
 * Has the cluster's DNS answer what `outrigger dns` prints, as somebody does who adds it to the Corefile; returns what takes it away again.
 * @throws Error where there is nothing to add.
 */
export async function answeredNames(): Promise<() => Promise<void>> {
  const { name, running } = await currentCluster();
  const path = join(dirname(running.kubeconfig), "conf/Corefile");
  const before = await readFile(path, "utf8");
  const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, "dns"]);
  if (code !== 0 || stdout === "") throw new Error(`outrigger dns: ${code} ${stderr}`);
  const [bind = ""] = BIND.exec(before) ?? [];
  await writeFile(path, `${before}${stdout.replaceAll(":53 {\n", `:53 {\n${bind}\n`)}`);
  await changeComponent(name, "restart", "coredns");
  return async () => {
    await writeFile(path, before);
    await changeComponent(name, "restart", "coredns");
  };
}
