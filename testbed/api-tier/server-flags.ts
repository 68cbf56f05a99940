/** Everything that the two servers of the API tier need to know; paths are absolute. */
export interface ApiTierPlan {
  readonly directory: string;
  readonly etcdPort: number;
  readonly apiPort: number;
}

/** The files that the servers read, and the folder where etcd keeps its data. */
export function tierFiles(directory: string) {
  const pki = `${directory}/pki`;
  return {
    pki,
    ca: `${pki}/ca.crt`,
    serverCert: `${pki}/apiserver.crt`,
    serverKey: `${pki}/apiserver.key`,
    serviceAccountKey: `${pki}/sa.key`,
    serviceAccountPublicKey: `${pki}/sa.pub`,
    etcdData: `${directory}/etcd`,
    etcdLog: `${directory}/etcd.log`,
    apiServerLog: `${directory}/kube-apiserver.log`,
    kubeconfig: `${directory}/kubeconfig`,
  } as const;
}

/** Flags of etcd: one member on loopback, and no fsync, because the data dies with the cluster. */
export function etcdFlags(plan: ApiTierPlan): readonly string[] {
  const client = `http://127.0.0.1:${plan.etcdPort}`;
  // Nobody ever connects to the peer port of a single member: the kernel may pick it.
  const peer = "http://127.0.0.1:0";
  return [
    `--data-dir=${tierFiles(plan.directory).etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    "--logger=zap",
    "--log-level=warn",
  ];
}

/**
 * Flags of kube-apiserver 1.30 to 1.36 on loopback. Admission is the default set (namespace lifecycle, limit ranges,
 * quotas, pod security, mutating and validating webhooks and policies) without service accounts: no controller manager
 * creates the account `default`, and without it every pod would be refused.
 */
export function apiServerFlags(plan: ApiTierPlan): readonly string[] {
  const files = tierFiles(plan.directory);
  return [
    `--etcd-servers=http://127.0.0.1:${plan.etcdPort}`,
    `--secure-port=${plan.apiPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // Without this a loopback address may not be advertised.
    "--endpoint-reconciler-type=none",
    `--client-ca-file=${files.ca}`,
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--cert-dir=${files.pki}`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-cluster-ip-range=10.97.0.0/16",
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    "--allow-privileged=true",
  ];
}
