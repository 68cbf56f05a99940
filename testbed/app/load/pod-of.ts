/** The pod that an answer of the application names; undefined for anything else's answer. */
export function podOf(text: string): string | undefined {
  try {
    const { pod } = JSON.parse(text) as { pod?: unknown };
    return typeof pod === "string" && pod !== "" ? pod : undefined;
  } catch {
    return undefined;
  }
}
