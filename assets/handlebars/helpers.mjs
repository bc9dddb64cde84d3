// The helpers: handlebars-helpers without the groups that read files, print, or turn text into markup; and PagerTree's.
import Handlebars from "handlebars/dist/cjs/handlebars.js";
import array from "handlebars-helpers/lib/array.js";
import collection from "handlebars-helpers/lib/collection.js";
import comparison from "handlebars-helpers/lib/comparison.js";
import date from "handlebars-helpers/lib/date.js";
import html from "handlebars-helpers/lib/html.js";
import inflection from "handlebars-helpers/lib/inflection.js";
import match from "handlebars-helpers/lib/match.js";
import math from "handlebars-helpers/lib/math.js";
import misc from "handlebars-helpers/lib/misc.js";
import number from "handlebars-helpers/lib/number.js";
import object from "handlebars-helpers/lib/object.js";
import path from "handlebars-helpers/lib/path.js";
import regex from "handlebars-helpers/lib/regex.js";
import string from "handlebars-helpers/lib/string.js";
import url from "handlebars-helpers/lib/url.js";

const GROUPS = [
  array, collection, comparison, date, html, inflection, match, math, misc, number, object, path, regex, string, url,
];

// PagerTree's own, https://pagertree.com/docs/integration-guides/custom-webhook: what a text's first match captured,
// or with the flag g all matches; nothing where there is none.
function regexMatch(text, pattern, flags) {
  if (text === null || text === undefined) return null;
  return String(text).match(new RegExp(pattern, typeof flags === "string" ? flags : ""));
}

for (const group of GROUPS) Handlebars.registerHelper(group);
Handlebars.registerHelper({ regexMatch });

// Handlebars reads a template with expressions that begin with ^, each tried at every token. QuickJS would go on and try
// them at each later place, too, so that a page of template took seconds: they are held to the first place.
const lexer = Handlebars.Parser.lexer;
lexer.rules = lexer.rules.map((rule) => {
  const here = new RegExp(rule.source, "y");
  return { [Symbol.match]: (text) => ((here.lastIndex = 0), here.exec(text)) };
});

export default Handlebars;
