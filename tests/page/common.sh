# What the checks and the pictures of pages have in common: sourced, after tests/moto/common.sh.

# Installs what is needed into target/, and makes the censuses that pages are made of.
prepare() {
    find_program
    work=$target/page-checks
    mkdir -p "$work/node"
    command -v node > /dev/null || { echo "node is missing: pages cannot be checked" >&2; exit 2; }
    CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
    [ -x "$CHROMIUM" ] || { echo "no Chromium: apt-get install chromium, or set CHROMIUM" >&2; exit 2; }
    # Modules are found beside the files that import them.
    cp "$here"/package.json "$here"/*.mjs "$work/node/"
    if ! cmp -s "$here/package.json" "$work/installed.json"; then
        (cd "$work/node" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error)
        cp "$here/package.json" "$work/installed.json"
    fi
    rm -rf "$work/census"
    mkdir "$work/census"
    (cd "$work/census" && "$ORGCENSUS_BIN" demo > demo.txt 2>&1) || { cat "$work/census/demo.txt" >&2; exit 1; }
    changed hostile
    changed uncollected
    export ORGCENSUS_BIN CHROMIUM PAGE_CENSUS=$work/census/orgcensus-demo.db PAGE_HOSTILE=$work/census/hostile.db
    export PAGE_UNCOLLECTED=$work/census/uncollected.db
    export PAGE_WORK=$work
}

# Makes a copy of the demo's census, changed by the statements of NAME.sql.
changed() {
    cp "$work/census/orgcensus-demo.db" "$work/census/$1.db"
    python3 - "$work/census/$1.db" "$here/$1.sql" << 'PYTHON'
import sqlite3
import sys

census = sqlite3.connect(sys.argv[1])
census.executescript(open(sys.argv[2], encoding="utf-8").read())
census.close()
PYTHON
}
