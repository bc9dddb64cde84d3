// What the libraries expect of Node, and nothing of it real. `Compiling` is what Handlebars makes functions of templates
// with; nobody else can reach it once harden.mjs has run.
export const process = { env: {}, platform: "linux", cwd: () => "/" };
export const Compiling = globalThis["Function"];
