// What can be told of a template without data: a helper, partial or decorator that nothing defines.

/** A sentence on the first one, or null. A name without arguments may be data, so it is never unknown. */
export function firstUnknown(handlebars, program) {
  const { calls, partials, decorators, named } = gather(handlebars, program);
  const helper = calls.find((node) => !named.has(node.path.original) && !Object.hasOwn(handlebars.helpers, node.path.original));
  if (helper) return `there is no helper ${helper.path.original}${place(helper)}`;
  const partial = partials.find((node) => !inlines(decorators).has(node.name.original));
  if (partial) return `there is no partial ${partial.name.original}${place(partial)}`;
  const decorator = decorators.find((node) => node.path.original !== "inline");
  return decorator ? `there is no decorator ${decorator.path.original}${place(decorator)}` : null;
}

/** What a template calls, and the names that its blocks give: `{{#with x as |name|}}`. */
function gather(handlebars, program) {
  const found = { calls: [], partials: [], decorators: [], named: new Set() };
  const visitor = new handlebars.Visitor();
  const also = (type, look) => {
    visitor[type] = (node) => (look(node), handlebars.Visitor.prototype[type].call(visitor, node));
  };
  const call = (node) => isCall(node) && found.calls.push(node);
  for (const type of ["MustacheStatement", "BlockStatement", "SubExpression"]) also(type, call);
  for (const type of ["Decorator", "DecoratorBlock"]) also(type, (node) => found.decorators.push(node));
  also("Program", (node) => node.blockParams?.forEach((name) => found.named.add(name)));
  also("PartialStatement", (node) => isFixed(node.name) && found.partials.push(node));
  visitor.accept(program);
  return found;
}

function isCall({ path, params, hash }) {
  const simple = path.type === "PathExpression" && path.parts.length === 1 && !path.depth && !path.data && !path.this;
  return simple && !/^\.|^this\b/.test(path.original) && (params.length > 0 || hash !== undefined);
}

/** Not computed, and not the block that was given to a partial. */
function isFixed(name) {
  return name.type !== "SubExpression" && name.original !== "@partial-block";
}

function inlines(decorators) {
  return new Set(decorators.map((node) => node.params[0]?.original));
}

function place({ loc }) {
  return ` (line ${loc.start.line})`;
}
