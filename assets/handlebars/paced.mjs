// QuickJS looks at its clock once in ten thousand steps of a script, and one step may be a search through a megabyte that
// takes minutes. So each native function whose time grows with what it is given takes steps in proportion.

const PER_STEP = 64; // characters or items; the clock is then seen about once in a millisecond

const length = (thing) => thing.length;
const searching = (text, [part]) => (typeof part === "string" ? text.length * (part.length + 1) : 0); // regular
// expressions look at the clock by themselves
const sorting = (items) => 16 * items.length;

const BEFORE = [
  [String.prototype, searching, "includes indexOf lastIndexOf replace replaceAll split"],
  [String.prototype, length, "concat normalize slice substr substring toLowerCase toUpperCase trim trimEnd trimStart"],
  [String.prototype, (text, [count]) => text.length * count, "repeat"],
  [String.prototype, (_text, [wanted]) => wanted, "padEnd padStart"],
  [Array.prototype, length, "concat fill flat includes indexOf join lastIndexOf reverse shift slice splice unshift"],
  [Array.prototype, sorting, "sort"],
  [JSON, (_json, [text]) => String(text).length, "parse"],
];
const AFTER = [
  [JSON, (text) => text?.length, "stringify"],
  [Object, length, "entries getOwnPropertyNames keys values"],
  [Object, (made) => Object.keys(made).length, "assign"],
];

for (const [owner, cost, names] of BEFORE) {
  replaceAll(owner, names, (native) => function (...given) {
    step(cost(this, given));
    return Reflect.apply(native, this, given);
  });
}
for (const [owner, cost, names] of AFTER) {
  replaceAll(owner, names, (native) => function (...given) {
    const made = Reflect.apply(native, this, given);
    step(cost(made));
    return made;
  });
}

function replaceAll(owner, names, around) {
  for (const name of names.split(" ")) Object.defineProperty(owner, name, { value: around(owner[name]) });
}

function step(work) {
  for (let left = work / PER_STEP; left >= 1; left--);
}
