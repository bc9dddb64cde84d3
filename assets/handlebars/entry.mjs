// What Python calls inside QuickJS, each with a JSON list as text: `compileTemplate` and `templateFault` with [template],
// `renderTemplate` with [template, data]. The answer is JSON text: {"text": …} or {"fault": … or null}.
import "./paced.mjs"; // first: nobody may have kept a native function
import { harden } from "./harden.mjs";
import handlebars from "./helpers.mjs";
import { firstUnknown } from "./unknown.mjs";

const LONGEST_OUTPUT = 65536; // characters
const MOST_KEPT = 65536; // characters of templates that are kept compiled
const compiled = new Map(); // the oldest stands first
let kept = 0; // characters

function answer(act) {
  try {
    return JSON.stringify(act());
  } catch (error) {
    // Out of memory or stack: Python throws this context away. (null: not even the error could be made.)
    if (error === null || error instanceof InternalError) throw error;
    return JSON.stringify({ fault: sentence(error) });
  }
}

function sentence(error) {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, " ").slice(0, 300).toWellFormed();
}

/** Compiling takes far longer than rendering, and an integration has the same template every time. */
function compile(template) {
  if (!compiled.has(template)) {
    const made = handlebars.compile(template);
    made._setup({}); // Handlebars would wait for the first data
    compiled.set(template, made);
    kept += template.length;
    forgetOldest();
  }
  return { fault: null };
}

function forgetOldest() {
  for (const [template] of compiled) {
    if (kept <= MOST_KEPT) break;
    compiled.delete(template);
    kept -= template.length;
  }
}

function render(template, data) {
  const text = compiled.get(template)(data);
  if (text.length > LONGEST_OUTPUT) return { fault: `it prints more than ${LONGEST_OUTPUT} characters` };
  return { text: text.toWellFormed() };
}

function check(template) {
  const program = handlebars.parse(template);
  handlebars.precompile(program);
  return { fault: firstUnknown(handlebars, program) };
}

globalThis.compileTemplate = (given) => answer(() => compile(...JSON.parse(given)));
globalThis.renderTemplate = (given) => answer(() => render(...JSON.parse(given)));
globalThis.templateFault = (given) => answer(() => check(...JSON.parse(given)));
harden(globalThis);
