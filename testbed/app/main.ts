import { runClient } from "./load/client.ts";
import { clientOptions } from "./load/client-options.ts";
import { startApp } from "./serve.ts";
import { AppUsageError, serveOptions } from "./serve-options.ts";

const USAGE = `app [serve] [--http PORT,…] [--https PORT,…] [--tcp PORT,…] [--greeting PORT,…] [--host ADDRESS]
           [--name NAME] [--version VERSION] [--stop graceful|abrupt|ignore] [--start-delay MS] [--linger MS] [--drain MS]
app client http|grpc|grpc-streams|tcp --url URL [--rate PER_SECOND] [--seconds N] [--connections N] [--timeout MS] [--output json|text]
`;

const USAGE_EXIT = 2;

async function serve(args: readonly string[]): Promise<void> {
  const options = serveOptions(args, process.env);
  const exit = (code: number): never => process.exit(code);
  if (options.stop === "ignore") process.on("SIGTERM", () => say({ message: "ignoring SIGTERM" }));
  if (options.stop === "abrupt") process.on("SIGTERM", () => exit(0));
  const app = await startApp(options, exit);
  say({ message: "listening", ...app.ports });
  if (options.stop === "graceful") {
    process.once("SIGTERM", () => {
      say({ message: "stopping" });
      void app.stop().then(() => exit(0));
    });
  }
  process.once("SIGINT", () => exit(0));
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  const [command = "serve", ...rest] = process.argv.slice(2);
  if (command === "client") {
    const options = clientOptions(rest);
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
    const report = await runClient(options, stop.signal);
    process.stdout.write(
      options.output === "json" ? `${JSON.stringify(report)}\n` : `${JSON.stringify(report, null, 2)}\n`,
    );
    process.exitCode = report.failed === 0 ? 0 : 1;
  } else if (command === "serve") await serve(rest);
  else if (command.startsWith("-")) await serve(process.argv.slice(2));
  else throw new AppUsageError(`there is no command "${command}"`);
} catch (error) {
  if (!(error instanceof AppUsageError)) throw error;
  process.stderr.write(`app: ${error.message}\n\n${USAGE}`);
  process.exitCode = USAGE_EXIT;
}
