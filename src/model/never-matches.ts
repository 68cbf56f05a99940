import type { HttpRoute } from "./virtual-router.ts";

/** What ends a line of a request, or a text in C: no name that is sent has one of them. */
const ENDS = /[\0\r\n]/;
/** Bytes that Envoy takes for the name of a query parameter. */
const MAX_BYTES = 1024;

/** Whether no request can name it, as a header or as its host. */
export function cannotBeSent(name: string): boolean {
  return ENDS.test(name);
}

/**
 * The name in a match that no request can have, as a path such as `headers[0].name`; undefined: there is none. Envoy refuses such a
 * match, and with it every route of the port.
 */
export function impossibleName({ headers = [], queryParameters = [] }: HttpRoute["match"]): string | undefined {
  const header = headers.findIndex(({ name }) => cannotBeSent(name));
  if (header !== -1) return `headers[${header}].name`;
  const parameter = queryParameters.findIndex(({ name }) => name === "" || cannotBeSent(name) || isLong(name));
  return parameter === -1 ? undefined : `queryParameters[${parameter}].name`;
}

function isLong(name: string): boolean {
  return new TextEncoder().encode(name).length > MAX_BYTES;
}
