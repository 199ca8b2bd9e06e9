/** Text within XML or HTML. */
export function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** One page that needs nothing from outside and runs no script. */
export function page(title: string, body: readonly string[], style = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;color:#1f2328;background:#fff;max-width:66rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.25rem 0 .75rem}.muted{color:#57606a}svg{max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #d0d7de;vertical-align:top}
th{font-weight:600}caption{text-align:left;color:#57606a;padding-bottom:.25rem}pre{overflow-x:auto;background:#f6f8fa;padding:1rem;font:13px/1.45 ui-monospace,monospace}
${style}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`;
}

/** A table with a caption; cells are text. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${escaped(cell)}</${tag.split(' ')[0]}>`).join('');
  return [
    `<table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${cells('th scope="col"', heads)}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table>`,
  ].join('\n');
}
