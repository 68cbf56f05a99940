import type { KubeClient } from "../kube/client.ts";
import type { Writer } from "../kube/writes.ts";
import type { Log } from "../serving/log.ts";
import { AuthorityError } from "./authority-error.ts";
import { readAuthority, type SecretName, secretReference } from "./authority-secret.ts";
import { bundleOf } from "./authority-state.ts";
import { type Follow, followObjects } from "./follow-object.ts";
import { reconcile } from "./reconcile.ts";
import type { TrustPlace } from "./trust-place.ts";
import { WakeUp } from "./wake-up.ts";

/** A safety net only: every change is seen at once. In milliseconds. */
const LOOK_AGAIN = 10 * 60_000;

export interface PublishTrustParts {
  readonly client: KubeClient;
  readonly fieldManager: Writer["fieldManager"];
  readonly secret: SecretName;
  readonly place: (writer: Writer) => TrustPlace;
  readonly log: Log;
  /** Who says that the authority or the place has changed; by default two watches. */
  readonly follow?: Follow | undefined;
}

/**
 * Keeps an authority's bundle in a place until the signal, whoever changes either of them; for the one replica that leads. Never
 * throws, and ends soon after the signal.
 */
export async function publishTrust(parts: PublishTrustParts, signal: AbortSignal): Promise<void> {
  const { client, fieldManager, secret, log } = parts;
  const writer: Writer = { client, fieldManager, signal };
  const place = parts.place(writer);
  let failure = "";
  const step = async (): Promise<number> => {
    const outcome = await place.publish(async () => {
      const found = await readAuthority(writer, secret);
      if (found.kind === "held") return bundleOf(found.state);
      const where = `Secret ${secret.name} in namespace ${secret.namespace}`;
      throw new AuthorityError("not-active", `${where} has no authority yet: the process that owns it makes one`);
    });
    if (outcome === "written") log.info({ secret: secret.name }, "trust bundle published");
    failure = "";
    return LOOK_AGAIN;
  };
  const failed = (error: unknown): void => {
    const { message, code } = error as Error & { code?: string };
    if (message !== failure) log.warn({ code, problem: message }, "the trust bundle cannot be published");
    failure = message;
  };
  const follow = parts.follow ?? followObjects(client, [secretReference(secret), place.reference]);
  await reconcile({ follow, step, failed }, new WakeUp(), signal);
}
