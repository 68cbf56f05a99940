/** What App Mesh's webhook wrote into the spec of an object that left it out. */
export interface WrittenFields {
  readonly awsName?: string;
  readonly meshRef?: { readonly name: string; readonly uid: string };
  readonly virtualGatewayRef?: { readonly name: string; readonly namespace: string; readonly uid: string };
}

/** Names of these fields: nothing else in a spec is ever written. */
export const WRITTEN_FIELDS = ["awsName", "meshRef", "virtualGatewayRef"] as const satisfies (keyof WrittenFields)[];
