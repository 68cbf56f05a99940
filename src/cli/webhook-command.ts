import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { readConfigurationFile } from "../config/file.ts";
import { addConfigurationFlags, configurationFlags } from "../config/flags.ts";
import { loadConfiguration } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import { hostPort, reachable } from "../webhook/listen-address.ts";
import type { RunningWebhook } from "../webhook/start-webhook.ts";

const HELP = `
Examples:
  # In a cluster: certificate from a mounted Secret, look-ups by the pod's own service account
  outrigger webhook --tls-cert /etc/webhook/tls.crt --tls-key /etc/webhook/tls.key

  # Against the cluster of a kubeconfig, with a certificate of its own
  outrigger webhook --listen 127.0.0.1:8443 --kubeconfig ~/.kube/config

  # On one machine, without any cluster
  outrigger webhook --listen 127.0.0.1:8443 --metrics-listen 127.0.0.1:9090 --offline --mesh-name my-mesh

Ends with SIGTERM after it has gone on answering for a while, with SIGINT as soon as begun calls are answered.`;

/** Errors of starting that a person can mend by other settings: exit code 2. */
const USAGE_ERRORS = new Set(["ConfigurationError", "CredentialsError", "TrustFileError", "ListenAddressError"]);

/** `outrigger webhook`: serves admission reviews until it is told to stop. `release` is Outrigger's version. */
export function webhookCommand(release: string): Command {
  const command = new Command("webhook")
    .description("answer the Kubernetes API server's admission reviews over HTTPS")
    .option("--config <file>", "configuration file (YAML)")
    .addHelpText("after", HELP);
  addConfigurationFlags(command, { sections: ["general", "webhook", "log"] });
  return command.action(async () => {
    process.exitCode = await serve(command, release);
  });
}

async function serve(command: Command, release: string): Promise<number> {
  try {
    const { config } = command.opts<{ config?: string }>();
    const { configuration, warnings } = loadConfiguration({
      file: config === undefined ? undefined : await readConfigurationFile(config),
      environment: process.env,
      flags: configurationFlags(command),
    });
    for (const warning of warnings) say(warning);
    await run(configuration, release);
    return 0;
  } catch (error) {
    say((error as Error).message);
    return USAGE_ERRORS.has((error as Error).name) ? 2 : 3;
  }
}

async function run(configuration: Configuration, release: string): Promise<void> {
  const { startWebhook } = await import("../webhook/start-webhook.ts");
  const webhook = await startWebhook({ configuration, release }, new AbortController().signal);
  const stopListening = onSignals(webhook);
  const forget = webhook.authority === undefined ? undefined : await tellAuthority(webhook, webhook.authority);
  try {
    await webhook.closed;
  } finally {
    stopListening();
    await forget?.();
  }
}

/**
 * SIGTERM comes from a kubelet, whose Service still sends calls for a while; SIGINT from a person who waits. A second signal
 * ends the process at once.
 */
function onSignals(webhook: RunningWebhook): () => void {
  const off = (): void => {
    process.off("SIGTERM", terminated);
    process.off("SIGINT", interrupted);
  };
  const terminated = (): void => {
    off();
    void webhook.close("linger");
  };
  const interrupted = (): void => {
    off();
    void webhook.close("drain");
  };
  process.on("SIGTERM", terminated);
  process.on("SIGINT", interrupted);
  return off;
}

/** Leaves the authority's certificate where clients on this machine can name it, and takes it away at the end. */
async function tellAuthority(webhook: RunningWebhook, pem: string): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "outrigger-webhook-"));
  const file = join(directory, "ca.pem");
  await writeFile(file, pem);
  const address = hostPort(reachable(webhook.address));
  say(`listening with a certificate of its own; clients trust it with ${file}`);
  say(`try: curl --cacert ${file} -H 'content-type: application/json' --data @review.json https://${address}/`);
  return () => rm(directory, { recursive: true, force: true });
}

function say(text: string): void {
  process.stderr.write(`outrigger: ${text}\n`);
}
