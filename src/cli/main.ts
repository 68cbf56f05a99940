import { enableCompileCache } from "node:module";

// before anything else is loaded: it halves the time that a short command takes
enableCompileCache?.();

const { run } = await import("./run.ts");

for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    // the reader has seen enough (`outrigger … | head`)
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
});
