/** The administrator's (`system:masters`) way in, PEM; named as `node:tls` and `node:https` want them. */
export interface ClusterCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}
