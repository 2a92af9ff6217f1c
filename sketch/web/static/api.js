// Asks the server; every failure becomes an Error with one sentence for the page.
// Addresses are relative, so that the page works below a path of a proxy.

export async function getJson(address) {
  return (await ask(address, {})).json();
}

export async function postJson(address, content, signal) {
  return (await ask(address, post(content, { signal }))).json();
}

// The events of an answer, one object a line, as they come. While the server has no room
// it is asked again; onFull(seconds) is called before each wait.
export async function* postForEvents(address, content, signal, onFull) {
  const headers = { Accept: "application/x-ndjson" };
  let response;
  for (;;) {
    try {
      response = await ask(address, post(content, { signal, headers }));
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

// Lets the browser save some bytes under a name.
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
