export type Settings = Readonly<Record<string, unknown>>;

/** The second over the first, key by key at every depth; a list or a single value is replaced as a whole. */
export function merged(base: Settings, over: Settings): Settings {
  const both: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = both[key];
    both[key] = isSettings(below) && isSettings(value) ? merged(below, value) : value;
  }
  return both;
}

/** A row of a table as settings: a column `layout.tensorParallel` is a key in a key. A sentence if it does not fit. */
export function withPaths(columns: readonly string[], row: readonly unknown[]): Settings | string {
  if (row.length !== columns.length) {
    return `has ${row.length} values, and there are ${columns.length} columns — write null where nothing is to be set`;
  }
  return columns.reduce<Settings>((settings, column, index) => {
    const value = row[index];
    return value === null ? settings : merged(settings, nested(column.split('.'), value));
  }, {});
}

function nested(keys: readonly string[], value: unknown): Settings {
  const [key = '', ...rest] = keys;
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
