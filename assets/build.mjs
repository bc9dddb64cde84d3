// Bundles the real Handlebars and handlebars-helpers into one script for QuickJS: `node build.mjs OUTPUT`.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

// Some helpers load what they need through lazy-cache, which hides a module's name from every bundler: such a helper
// would die at its first call. Here they require it outright.
const unlazy = {
  name: "unlazy",
  setup(bundle) {
    bundle.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const lazy = /var (\w+) = require\('lazy-cache'\)\(require\);/.exec(source);
      return lazy && { contents: outright(source, lazy[1]) };
    });
  },
};

function outright(source, store) {
  return source
    .replace(/require\('lazy-cache'\)\(require\)/, "{}")
    .replace(/^(?:var fn = require|require = \w+);$/gm, "")
    .replace(/^require\('([^']+)'(?:, '(\w+)')?\);/gm, (_, name, alias) => `${store}.${alias ?? camel(name)} = require('${name}');`);
}

function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

const own = (path) => new URL(`handlebars/${path}`, import.meta.url).pathname;

await build({
  entryPoints: [own("entry.mjs")],
  outfile: process.argv[2],
  bundle: true,
  minifySyntax: true, // names stay as they are: a library that reads dates asks functions for theirs
  minifyWhitespace: true,
  format: "iife",
  target: "es2020",
  platform: "browser",
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  mainFields: ["main"],
  alias: { debug: own("silent.cjs"), fs: own("nothing.mjs"), path: "path-browserify", querystring: "querystring-es3" },
  inject: [own("shim.mjs")],
  define: { __filename: '""', Function: "Compiling", global: "globalThis" },
  plugins: [unlazy],
});
