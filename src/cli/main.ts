import { enableCompileCache } from "node:module";

// before anything else is loaded: it halves the time that a short command takes
enableCompileCache?.();

const { run } = await import("./run.ts");

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // the reader has seen enough (`outrigger … | head`)
  if (error.code === "EPIPE") process.exit();
  // EXIT.unreachable, before any module of ours may have been loaded
  process.stderr.write(`outrigger: the output could not be written: ${error.message}\n`, () => process.exit(3));
});
// what nobody reads of standard error is no reason to leave work undone: a webhook goes on answering
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
});
