// What can be told of a template without data: a helper, partial or decorator that nothing defines.

/** A sentence on the first one, or null. A name without arguments may be data, so it is never unknown. */
export function firstUnknown(handlebars, template) {
  const unknown = [];
  const inlines = new Set();
  const names = []; // the block parameters in force: `{{#with x as |name|}}`
  const visitor = new handlebars.Visitor();

  function checkCall(node) {
    const name = node.path.original;
    if (typeof name !== "string" || node.path.parts?.length !== 1 || node.path.depth || node.path.data) return;
    const called = node.params.length > 0 || node.hash?.pairs.length > 0 || node.type === "SubExpression";
    if (called && !handlebars.helpers[name] && !names.flat().includes(name)) unknown.push([node, `the helper ${name}`]);
  }

  function checkPartial(node) {
    const name = node.name.original;
    const given = node.type === "PartialBlockStatement" || name === "@partial-block" || node.name.type === "SubExpression";
    if (!given) unknown.push([node, `the partial ${name}`, name]);
  }

  function within(node, visit) {
    const before = names.length;
    for (const program of [node.program, node.inverse]) if (program?.blockParams) names.push(program.blockParams);
    visit();
    names.length = before;
  }
  
  for (const type of ["MustacheStatement", "SubExpression"]) {
    visitor[type] = (node) => (checkCall(node), handlebars.Visitor.prototype[type].call(visitor, node));
  }
}
