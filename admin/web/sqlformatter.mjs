// The part of sql-formatter that the console has: the dialects of SQLite and PostgreSQL.
export { formatDialect, postgresql, sqlite } from 'sql-formatter';
