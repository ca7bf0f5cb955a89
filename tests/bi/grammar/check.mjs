// Parses statements: node check.cjs DIALECT FILE. Exits with 1 where one is refused. Athena has Hive's grammar for tables and
// Trino's for views.
import { readFileSync } from "node:fs";
import { HiveSQL, TrinoSQL } from "dt-sql-parser";

const [dialect, file] = process.argv.slice(2);
const trino = new TrinoSQL();
const hive = new HiveSQL();
// The parser prints errors while it tries one rule after the other.
console.error = () => {};
const statements = readFileSync(file, "utf8").split(";\n\n").filter((one) => one.trim());
let refused = 0;
for (const statement of statements) {
    const parser = dialect === "athena" && !/^CREATE OR REPLACE VIEW/.test(statement.trim()) ? hive : trino;
    const [mistake] = parser.validate(`${statement.trim().replace(/;$/, "")};`);
    if (mistake) {
        refused += 1;
        console.log(`${statement.slice(0, 200)}\n  line ${mistake.startLine}: ${mistake.message}`);
    }
}
console.log(`${dialect}: ${statements.length} statements, ${refused} refused`);
process.exit(refused || statements.length < 100 ? 1 : 0);
