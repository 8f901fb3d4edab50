/** `has(a["b"].c)`: the library's own macro knows chains of names only. */
import type { ASTNode, Environment } from "@marcbachmann/cel-js";

/** What `has` is called after it was renamed. */
export const hasName = "Has";

interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: ASTNode): Error;
}

interface Evaluator {
  run(node: ASTNode, context: unknown): unknown;
}

interface Has {
  readonly selection: ASTNode | undefined;
}

export const invalidHas = "invalid_has_argument";

function selectionOf(node: ASTNode | undefined): [ASTNode, string] | undefined {
  return node?.op === "." || node?.op === ".?" ? node.args : undefined;
}

function holds(holder: unknown, field: string): boolean {
  if (holder instanceof Map) return holder.has(field);
  return typeof holder === "object" && holder !== null && Object.hasOwn(holder, field);
}

export function addHas(environment: Environment): void {
  environment.registerFunction(
    `${hasName}(ast): bool`,
    ({ args: [selection], ast }: { args: readonly ASTNode[]; ast: ASTNode }) => ({
      selection,
      typeCheck(checker: Checker, macro: Has, context: unknown) {
        if (macro.selection === undefined || selectionOf(macro.selection) === undefined)
          throw checker.createError(invalidHas, "invalid argument to has() macro", ast);
        checker.check(macro.selection, context);
        return checker.getType("bool");
      },
      evaluate(evaluator: Evaluator, macro: Has, context: unknown) {
        const found = selectionOf(macro.selection);
        return found !== undefined && holds(evaluator.run(found[0], context), found[1]);
      },
    }),
  );
}
