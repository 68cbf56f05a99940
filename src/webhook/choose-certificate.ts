import type { FactCheck } from "../cluster/fact-source.ts";
import type { Configuration } from "../config/schema.ts";
import type { CertificateSource } from "../pki/certificate-source.ts";
import type { ListenAddress } from "../serving/listen-address.ts";
import type { Log } from "../serving/log.ts";
import { certificateFromFiles, ownCertificate } from "./certificate.ts";
import { CredentialsError } from "./credentials.ts";

/** Where the webhook's certificate comes from, and what comes with it. */
export interface ChosenCertificate {
  /** Of a cluster it comes when its API server has answered; rejects when the signal comes before. */
  readonly source: Promise<CertificateSource>;
  /** PEM of the authority to trust, where it was made for this machine. */
  readonly authority: string | undefined;
  /** For readiness. */
  readonly checks: readonly FactCheck[];
  /** Resolves after the signal, when nothing more is done. */
  readonly ended: Promise<void>;
}

export interface CertificateWishes {
  readonly configuration: Configuration;
  readonly listen: ListenAddress;
  readonly log: Log;
  /** Changed files that cannot be used; the old certificate stays. */
  readonly refused: (error: CredentialsError) => void;
}

/**
 * The certificate that the settings ask for. Rejects with CredentialsError when its files cannot be used, KubeError `no-cluster`
 * when it is to be shared in a cluster and there is none.
 */
export async function chooseCertificate(wishes: CertificateWishes, signal: AbortSignal): Promise<ChosenCertificate> {
  const { webhook } = wishes.configuration;
  switch (webhook.certificate) {
    case "cluster":
      return fromCluster(wishes, signal);
    case "own":
      return ownOnThisMachine(wishes.listen.host);
    case "files":
      return ready(await fromFiles(wishes, signal));
    case "auto":
      if (webhook.tlsCert === "" && webhook.tlsKey === "") return ownOnThisMachine(wishes.listen.host);
      return ready(await fromFiles(wishes, signal));
  }
}

async function ownOnThisMachine(host: string): Promise<ChosenCertificate> {
  const own = await ownCertificate(host, new Date());
  return ready(own, own.authority);
}

/** A certificate that is there from the beginning. */
function ready(source: CertificateSource, authority?: string): ChosenCertificate {
  return { source: Promise.resolve(source), authority, checks: [], ended: Promise.resolve() };
}

async function fromFiles(
  { configuration, refused }: CertificateWishes,
  signal: AbortSignal,
): Promise<CertificateSource> {
  const { tlsCert, tlsKey } = configuration.webhook;
  if (tlsCert === "" || tlsKey === "") {
    const [set, missing] = tlsCert === "" ? ["tlsKey", "tlsCert"] : ["tlsCert", "tlsKey"];
    throw new CredentialsError(
      "unreadable",
      `webhook.${set} is set, webhook.${missing} is not: expected both or neither`,
    );
  }
  return certificateFromFiles({ certificate: tlsCert, key: tlsKey }, refused, signal);
}

async function fromCluster({ configuration, log }: CertificateWishes, signal: AbortSignal): Promise<ChosenCertificate> {
  // Only here, because nothing of it is needed where the certificate comes from elsewhere.
  const [{ kubeClient }, { kubeEndpoint }, { webhookAuthority }, { policyOf }] = await Promise.all([
    import("../kube/client.ts"),
    import("../kube/endpoint.ts"),
    import("../pki/webhook-authority.ts"),
    import("../pki/policy.ts"),
  ]);
  const { kubeconfig, certificates } = configuration.webhook;
  const client = kubeClient(await kubeEndpoint(kubeconfig, process.env));
  const parts = { client, log, policy: policyOf(certificates), now: () => new Date() };
  const authority = webhookAuthority(parts, signal);
  return {
    source: authority.certificate,
    authority: undefined,
    checks: [{ name: "certificate", problem: () => authority.problem() }],
    ended: authority.ended,
  };
}
