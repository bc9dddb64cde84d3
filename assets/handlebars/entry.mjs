// What Python calls inside QuickJS: text in, JSON text out. `renderTemplate` and `templateFault` are all that it offers.
import { makeHandlebars } from "./helpers.mjs";
import { harden } from "./harden.mjs";
import { firstUnknown } from "./unknown.mjs";

const LONGEST_OUTPUT = 65536; // characters
const handlebars = makeHandlebars();

function answer(act) {
  try {
    return JSON.stringify(act());
  } catch (error) {
    if (error instanceof InternalError) throw error; // out of memory or stack: Python throws this context away
    return JSON.stringify({ fault: sentence(error) });
  }
}

function sentence(error) {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, " ").slice(0, 300).toWellFormed();
}

function render(template, data) {
  const text = handlebars.compile(template)(JSON.parse(data));
  if (text.length > LONGEST_OUTPUT) return { fault: `it prints more than ${LONGEST_OUTPUT} characters` };
  return { text: text.toWellFormed() };
}

function check(template) {
  handlebars.precompile(template);
  return { fault: firstUnknown(handlebars, template) };
}

globalThis.renderTemplate = (template, data) => answer(() => render(template, data));
globalThis.templateFault = (template) => answer(() => check(template));
harden(globalThis);
