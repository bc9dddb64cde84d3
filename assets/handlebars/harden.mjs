// After everything is loaded: nothing that one render leaves behind reaches the next, and no text becomes code.

/** Takes away each way to compile text except Handlebars' own, and freezes all that every script shares. */
export function harden(everything) {
  const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const kind of kinds) takeAway(Object.getPrototypeOf(kind), "constructor");
  delete everything.Function;
  delete everything.eval;
  for (const shared of [Object.prototype, Error.prototype]) allowOwn(shared);
  const seen = new Set([everything]); // stays open: a library that reads dates keeps its variables there
  for (const key of Reflect.ownKeys(everything)) {
    freezeAll(everything[key], seen);
    Object.defineProperty(everything, key, { writable: false, configurable: false });
  }
}

function takeAway(owner, key) {
  Object.defineProperty(owner, key, { value: undefined, writable: false, configurable: false });
}

/** Lets an object have properties of its own by these names, which a frozen prototype would forbid. */
function allowOwn(shared) {
  for (const key of Reflect.ownKeys(shared)) {
    const { value, configurable } = Object.getOwnPropertyDescriptor(shared, key);
    if (value === undefined || !configurable) continue;
    const set = function (own) {
      if (this === shared) throw new TypeError(`${String(key)} cannot be changed`);
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
    };
    Object.defineProperty(shared, key, { get: () => value, set, enumerable: false, configurable: false });
  }
}

function freezeAll(thing, seen) {
  if (Object(thing) !== thing || seen.has(thing)) return;
  seen.add(thing);
  if (!ArrayBuffer.isView(thing)) Object.freeze(thing);
  freezeAll(Object.getPrototypeOf(thing), seen);
  for (const key of Reflect.ownKeys(thing)) {
    const { value, get, set } = Object.getOwnPropertyDescriptor(thing, key);
    for (const part of [value, get, set]) freezeAll(part, seen);
  }
}
