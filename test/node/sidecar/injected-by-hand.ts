import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outcomeOf } from "../kubectl.ts";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");

/** A pod with the sidecar that `outrigger inject` gives it, for what an installation would not do. @throws Error with what it said. */
export async function injectedByHand(pod: object, trust: string, ...flags: readonly string[]): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), "outrigger-by-hand-"));
  try {
    const file = join(folder, "trust.pem");
    await writeFile(file, trust);
    const words = ["inject", "-f", "-", "-o", "json", "--mesh-name", "mynewmesh", "--trust", file, ...flags];
    const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, ...words], JSON.stringify(pod));
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as object;
  } finally {
    await rm(folder, { recursive: true });
  }
}
