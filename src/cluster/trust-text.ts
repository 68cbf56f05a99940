/** Whether text holds at least one PEM certificate. */
export function isTrust(text: string): boolean {
  return /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(text);
}
