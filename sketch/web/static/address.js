// What is to be written, in the fragment of the page's address: it can be sent, kept
// and reloaded, and the server never sees it.

const NUMBERS = { bias: [0, 10], seed: [0, 2 ** 31 - 1], columns: [8, 200] };

export function formatAddress(settings) {
  const entries = Object.entries(settings).filter(([, value]) => value !== "" && value != null);
  return `#${new URLSearchParams(entries)}`;
}

// The settings of a fragment; null if it holds no text, as that of a link within the page.
export function parseAddress(fragment) {
  const found = new URLSearchParams(fragment.replace(/^#/, ""));
  if (!found.get("text")) return null;
  const settings = { text: found.get("text") };
  for (const name of ["model", "style"]) {
    if (found.has(name)) settings[name] = found.get(name);
  }
  for (const [name, [least, most]] of Object.entries(NUMBERS)) {
    const value = Number(found.get(name) || NaN);
    if (value >= least && value <= most) settings[name] = value;
  }
  return settings;
}
