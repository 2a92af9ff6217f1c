// The source of ink of a page: a server; every failure becomes an Error with one sentence.
// Addresses are relative, so that the page works below a path of a proxy. A page without
// a server has the functions that write.js uses from ../engine/api.js.

export async function getJson(address) {
  return (await ask(address, {})).json();
}

// The lines that show a model's styles: { name, strokes }.
export async function getStyles(model) {
  return (await getJson(`api/styles?model=${encodeURIComponent(model)}`)).styles;
}

// Ink that was written beforehand: { lines, page }.
export function getExample() {
  return getJson("static/first.json");
}

// The characters of a text that a model cannot write, and how to name them.
export async function findUnknown(text, model) {
  return (await ask("api/unknown", post({ text, model }, {}))).json();
}

export const isAlone = false; // whether there is no server, and one model

// Gets ready for a text; a server is ready for all.
export async function prepare() {}

// The events of a text that is written (see sketch/web/answer.py), as they come. While
// the server has no room it is asked again; onFull(seconds) is called before each wait.
export async function* write(wanted, signal, onFull) {
  const headers = { Accept: "application/x-ndjson" };
  let response;
  for (;;) {
    try {
      response = await ask("api/write", post(wanted, { signal, headers }));
      break;
    } catch (error) {
      if (!error.retrySeconds) throw error;
      onFull(error.retrySeconds);
      await delay(error.retrySeconds * 1000, signal);
    }
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Error("The connection to the server was lost.");
    });
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

function post(content, { signal, headers }) {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(content),
    signal,
  };
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer: is sketch serve still running?");
  }
  if (response.ok) return response;
  let sentence = `The server answered ${response.status}.`;
  try {
    sentence = (await response.json()).error ?? sentence;
  } catch {
    // It was no JSON: the number must do.
  }
  const error = new Error(sentence);
  error.status = response.status;
  error.retrySeconds = Number(response.headers.get("Retry-After"));
  throw error;
}

function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

// The models on offer. Browsers keep recorded lines for each address apart: one that
// came by "localhost" is sent to 127.0.0.1, if the server was reached there. Behind a
// proxy, which has another address or path, nobody is.
export async function getModels() {
  const found = await getJson("api/models");
  const { hostname, pathname, href } = location;
  const isRoot = pathname.lastIndexOf("/") === 0;
  if (hostname === "localhost" && found.reached_at === "127.0.0.1" && isRoot) {
    location.replace(href.replace("//localhost", "//127.0.0.1"));
    await new Promise(() => {}); // the page is being left
  }
  return found;
}
