import { isAccepted, type ShownCertificate } from "../../answers/certificate-names.ts";
import { firstOf } from "../../model/first-of.ts";
import { quoted } from "./quoted.ts";

/** What is known now of a certificate that has none of the names that a caller accepts. */
export type CertificateNames =
  | {
      readonly kind: "known";
      /** Names of which it must have one. */
      readonly accepted: readonly string[];
      /** The pod that was asked, `namespace/name`, and what it shows. */
      readonly pod: string;
      readonly shown: readonly ShownCertificate[];
    }
  /** `pod`: of the called node, if one is known. */
  | { readonly kind: "unknown"; readonly why: string; readonly pod: string };

/** Names of one certificate, and of one list of accepted names, that are said. */
const MOST = 5;

/** Both lists of names, for the end of a sentence; empty where nothing is known. */
export function namesText(names: CertificateNames | undefined): string {
  if (names?.kind !== "known") return "";
  const { accepted, pod, shown } = names;
  const certificates = shown.map((one) => `${quoted(one.path)} for ${some(one.names) || "no name"}`);
  const now = isOneAccepted(names) ? ", and one of them by now: a count that does not grow is of the past" : "";
  return `; ${quoted(pod)} shows ${certificates.join(" and ") || "no certificate"}, accepted is ${some(accepted) || "any name"}${now}`;
}

/** Whether a certificate that is shown has a name that is accepted. */
export function isOneAccepted({ accepted, shown }: Extract<CertificateNames, { kind: "known" }>): boolean {
  return shown.some((one) => isAccepted(one.names, accepted));
}

/** The command that shows the names, where they are not known. */
export function namesHint(names: CertificateNames | undefined): string {
  if (names?.kind === "known") return "";
  const [namespace = "NAMESPACE", name = "POD"] = (names?.pod ?? "").split("/").filter((part) => part !== "");
  const why = names === undefined || names.why === "" ? "" : ` (${quoted(names.why)})`;
  return `; which names it has shows outrigger proxy ${quoted(name)} -n ${quoted(namespace)} secrets${why}`;
}

function some(names: readonly string[]): string {
  return firstOf(names.map(quoted), MOST);
}
