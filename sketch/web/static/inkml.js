// Captured lines as InkML, in the form that sketch/ink/inkml.py describes and reads: a
// traceGroup a line, with its text, writer and id; a trace a stroke, "x y t, x y t, …"
// in CSS pixels, y downwards, and milliseconds since the line was begun.

export function inkml(lines, writer) {
  const groups = lines.map(({ text, number, strokes }) => {
    const id = `${writer}-${String(number).padStart(3, "0")}`;
    const traces = strokes.map((stroke) => {
      return `<trace>${stroke.map((point) => point.join(" ")).join(", ")}</trace>\n`;
    });
    return (
      `<traceGroup xml:id="line-${id}">\n` +
      `<annotation type="truth">${escaped(text)}</annotation>\n` +
      `<annotation type="writer">${escaped(writer)}</annotation>\n` +
      `<annotation type="id">${id}</annotation>\n` +
      `${traces.join("")}</traceGroup>\n`
    );
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ink xmlns="http://www.w3.org/2003/InkML">\n' +
    '<context><traceFormat><channel name="X" type="decimal"/>' +
    '<channel name="Y" type="decimal"/>' +
    '<channel name="T" type="integer" units="ms"/></traceFormat></context>\n' +
    `${groups.join("")}</ink>\n`
  );
}

function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return text.replace(/[&<>]/g, (character) => names[character]);
}
