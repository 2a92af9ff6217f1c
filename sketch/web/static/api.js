// Asks the server; every failure becomes an Error with one sentence for the page.

export async function getJson(address) {
  return (await ask(address, {})).json();
}

export async function postJson(address, content, signal) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(content);
  return ask(address, { method: "POST", headers, body, signal });
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
  throw new Error(sentence);
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
