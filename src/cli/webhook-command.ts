import type { Command } from "commander";
import type { Configuration } from "../config/schema.ts";
import { hostPort } from "../model/host-port.ts";
import { reachable } from "../serving/listen-address.ts";
import type { RunningWebhook } from "../webhook/start-webhook.ts";
import { type AuthorityFile, authorityFile } from "./authority-file.ts";
import { servingCommand, tell } from "./serving-command.ts";
import { onStopSignals } from "./stop-signals.ts";

const HELP = `
Examples:
  # In a cluster: certificate of the authority that replicas share, look-ups by the pod's own service account
  outrigger webhook --webhook-certificate cluster

  # In a cluster, with a certificate from a mounted Secret
  outrigger webhook --tls-cert /etc/webhook/tls.crt --tls-key /etc/webhook/tls.key

  # Against the cluster of a kubeconfig, with a certificate of its own
  outrigger webhook --listen 127.0.0.1:8443 --kubeconfig ~/.kube/config

  # On one machine, without any cluster
  outrigger webhook --listen 127.0.0.1:8443 --metrics-listen 127.0.0.1:9090 --offline --mesh-name my-mesh

Ends with SIGTERM after it has gone on answering for a while, with SIGINT or SIGHUP as soon as begun
calls are answered. A second signal ends it at once.`;

const OFFLINE = "or serve without a cluster with --offline";

/** `outrigger webhook`: serves admission reviews until it is told to stop. `release` is Outrigger's version. */
export function webhookCommand(release: string): Command {
  return servingCommand({
    name: "webhook",
    description: "answer the Kubernetes API server's admission reviews over HTTPS",
    help: HELP,
    section: "webhook",
    serve: (configuration) => run(configuration, release),
    remedies: { "no-cluster": OFFLINE, "no-such-name": OFFLINE },
  });
}

async function run(configuration: Configuration, release: string): Promise<void> {
  const { startWebhook } = await import("../webhook/start-webhook.ts");
  const starting = new AbortController();
  let webhook: RunningWebhook | undefined;
  // SIGTERM comes from a kubelet, whose Service still sends calls for a while; the others from a person who waits
  const stopListening = onStopSignals((signal) => {
    if (webhook === undefined) starting.abort();
    else void webhook.close(signal === "SIGTERM" ? "linger" : "drain");
  });
  let file: AuthorityFile | undefined;
  try {
    webhook = await startWebhook({ configuration, release }, starting.signal);
    if (webhook.authority !== undefined) file = tellAuthority(webhook, webhook.authority);
    await webhook.closed;
  } catch (error) {
    // asked to end before it had begun, as when it waits for an API server
    if (!starting.signal.aborted) throw error;
  } finally {
    stopListening();
    file?.remove();
  }
}

/** Leaves the authority's certificate where clients on this machine can name it. */
function tellAuthority(webhook: RunningWebhook, pem: string): AuthorityFile {
  const file = authorityFile("webhook", pem);
  const address = hostPort(reachable(webhook.address));
  tell(`listening with a certificate of its own; clients trust it with ${file.path}`);
  tell(
    `try it with an AdmissionReview in review.json: curl --cacert ${file.path} -H 'content-type: application/json' --data @review.json https://${address}/`,
  );
  return file;
}
