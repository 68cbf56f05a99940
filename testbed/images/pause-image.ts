import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { TestbedError } from "../testbed-error.ts";
import { copiedFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";

const SOURCE = join(import.meta.dirname, "pause");

/** Compiling the standard library into an empty cache, on a busy machine. */
const BUILD_MS = 300_000;

/** The container that holds a pod's namespaces (`sandbox` in containerd's words): one static program and nothing else. */
export async function pauseImage(): Promise<ImageRecipe> {
  return {
    references: ["testbed/pause:1"],
    layers: [
      {
        name: "pause",
        inputs: await Promise.all(["go.mod", "main.go"].map((name) => readFile(join(SOURCE, name), "utf8"))),
        async entries(scratch) {
          const program = join(scratch, "pause");
          await build(program);
          return [copiedFile("/pause", program, 0o755)];
        },
      },
    ],
    config: { User: "65535:65535", Entrypoint: ["/pause"] },
  };
}

async function build(program: string): Promise<void> {
  const args = ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", program, "."];
  try {
    await promisify(execFile)("go", args, {
      cwd: SOURCE,
      env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off" },
      timeout: BUILD_MS,
    });
  } catch (cause) {
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string };
    if (code === "ENOENT") {
      throw new TestbedError("unavailable", "the pause image cannot be built, because there is no Go here", { cause });
    }
    throw new TestbedError("build", `\`go build\` of testbed/images/pause failed: ${stderr?.trim() || message}`, {
      cause,
    });
  }
}
