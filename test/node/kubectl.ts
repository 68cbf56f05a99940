import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How a command came out. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with the text as its standard input, and waits for its end; a signal counts as exit code 1. */
export async function outcomeOf(command: string, args: readonly string[], input = ""): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: typeof code === "number" ? code : 1, stdout, stderr };
}

/** What kubectl prints against the cluster of `KUBECONFIG`. @throws Error with what it said when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf("kubectl", args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim()}`);
  return stdout;
}

/** Applies objects as one list. @throws Error with what kubectl said. */
export async function apply(...objects: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const { code, stderr } = await outcomeOf("kubectl", ["apply", "-f", "-"], list);
  if (code !== 0) throw new Error(`kubectl apply: ${stderr.trim()}`);
}

/** Makes a namespace of that name, whose labels may be given, and waits until pods can be created in it. */
export async function createNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  await kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", name, "--timeout=150s");
}
