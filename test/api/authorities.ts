import { X509Certificate } from "node:crypto";
import { type JsonObject, member } from "../../src/model/json.ts";
import { formatState, parseState, STATE_KEY } from "../../src/pki/authority-format.ts";
import { type AuthorityState, rootsOf } from "../../src/pki/authority-state.ts";
import type { AuthorityPolicy } from "../../src/pki/policy.ts";
import { type SharedAuthority, type SharedAuthorityParts, sharedAuthority } from "../../src/pki/shared-authority.ts";
import type { ApiConnection } from "./api-connection.ts";
import { text } from "./api-object.ts";

/** Nothing comes to its end while a test runs. */
export const CALM: AuthorityPolicy = { rootLifetime: 3_600_000, leafLifetime: 600_000, settle: 1_000 };
const LEAF = { dnsNames: ["outrigger.test"] };

/** Shares of authorities that a test started, and how they end. */
export interface Shares {
  start(parts: Pick<SharedAuthorityParts, "client" | "secret"> & Partial<SharedAuthorityParts>): SharedAuthority;
  stop(): Promise<void>;
}

export function shares(): Shares {
  const abort = new AbortController();
  const ended: Promise<void>[] = [];
  return {
    start(parts) {
      const silent = () => {};
      const log = { debug: silent, info: silent, warn: silent, error: silent };
      const defaults = {
        fieldManager: "outrigger-control-plane",
        commonName: "authority of a test",
        leaf: LEAF,
        policy: CALM,
        place: undefined,
        log,
        now: () => new Date(),
      } as const;
      const share = sharedAuthority({ ...defaults, ...parts }, abort.signal);
      ended.push(share.ended);
      return share;
    },
    async stop() {
      abort.abort();
      await Promise.all(ended);
    },
  };
}

/** The Secret as it is stored; undefined when there is none. */
export async function secretOf(api: ApiConnection, path: string): Promise<JsonObject | undefined> {
  const { status, body } = await api.send("GET", path);
  return status === 404 ? undefined : body;
}

/** What the Secret at this path holds. Throws when that is no authority. */
export async function stateOf(api: ApiConnection, path: string): Promise<AuthorityState> {
  const { body } = await api.send("GET", path);
  return parseState(Buffer.from(text(member(body.data, STATE_KEY)), "base64").toString(), path);
}

/** Writes a state over what is there, as an administrator may. */
export async function putState(api: ApiConnection, path: string, state: AuthorityState): Promise<void> {
  const { body } = await api.send("GET", path);
  const data = { [STATE_KEY]: Buffer.from(formatState(state)).toString("base64") };
  const { status } = await api.send("PUT", path, { ...body, data });
  if (status !== 200) throw new Error(`PUT ${path}: ${status}`);
}

/** Whether one of the roots signed the certificate. */
export function isTrusted(certificate: string, roots: Pick<AuthorityState, "active" | "next" | "previous">): boolean {
  const leaf = new X509Certificate(certificate);
  return rootsOf(roots).some((root) => leaf.verify(new X509Certificate(root.certificate).publicKey));
}
