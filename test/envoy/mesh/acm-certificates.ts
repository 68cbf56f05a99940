import { NodeCertificates } from "../../../src/control-plane/proxies/node-certificates.ts";
import type { MeshView } from "../../../src/graph/view.ts";
import { keyOf } from "../../../src/model/mesh-object.ts";
import { newLeaf, newRoot } from "../../../src/pki/sign.ts";
import type { Resource } from "../../../src/xds/encode/resource.ts";

/** What the control plane signs in the place of ACM, by an authority that ends with the process. */
export interface AcmCertificates {
  /** PEM. */
  readonly root: string;
  /** What there is by now of the secrets of a view. */
  readonly secretsOf: (view: MeshView) => readonly Resource[];
}

export interface AcmCertificatesParts {
  /** ARNs that mean Secrets. */
  readonly known?: NodeCertificatesKnown;
  /** Is told the key of each view whose secrets are others now. */
  readonly changed?: (view: string) => void;
  readonly signal: AbortSignal;
}
type NodeCertificatesKnown = ConstructorParameters<typeof NodeCertificates>[0]["known"]["of"];

const HOUR = 3_600_000;

export async function acmCertificates({ known, changed, signal }: AcmCertificatesParts): Promise<AcmCertificates> {
  const policy = { rootLifetime: 24 * HOUR, leafLifetime: HOUR, settle: 0 };
  const root = { ...(await newRoot("own", policy, new Date())), since: new Date() };
  const silent = (): void => undefined;
  const made = new NodeCertificates({
    authority: async () => ({
      certificate: Promise.resolve({} as never),
      issue: (names) => newLeaf(root, names, policy, new Date()),
      bundle: () => root.certificate,
      onBundle: silent,
    }),
    known: { of: known ?? (() => undefined), onChange: silent },
    changed: changed ?? silent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    now: Date.now,
    random: Math.random,
    signal,
  });
  return { root: root.certificate, secretsOf: (view) => made.secretsOf(keyOf(view.object), view) };
}
