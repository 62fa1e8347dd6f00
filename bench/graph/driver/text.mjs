// Numbers and tables as Markdown.

export function table(head, rows) {
  console.log(`\n| ${head.join(' | ')} |`);
  console.log(`|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

/** Three digits that count, or all before the point. */
export function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const times = (value) => (value === undefined || Number.isNaN(value) ? '–' : `${number(value)}×`);
