/** An expression that compiled and could not be evaluated on the values that it met. */
export class CelRuntimeError extends Error {}
