# What the checks in Python share: the program, a virtual environment, and moto's server. To be sourced, under `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

# Builds the program unless ORGCENSUS_BIN names one.
find_program() {
    if [ -z "${ORGCENSUS_BIN:-}" ]; then
        (cd "$root" && cargo build --quiet)
        ORGCENSUS_BIN=$target/debug/orgcensus
    fi
    export ORGCENSUS_BIN
    [ -x "$ORGCENSUS_BIN" ] || { echo "no program at ORGCENSUS_BIN=$ORGCENSUS_BIN" >&2; exit 2; }
}

# Makes the virtual environment NAME of what FOLDER requires, and again whenever what it should hold has changed.
make_environment() {
    local name=$1 folder=$2 wanted
    venv=$target/$name
    wanted=$(cat "$folder/requirements.txt" "$folder/constraints.txt" | sha256sum)
    if [ "$(cat "$venv/installed" 2>/dev/null || true)" != "$wanted" ]; then
        echo "installing what $folder requires into $venv"
        rm -rf "$venv"
        mkdir -p "$target"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check \
            --requirement "$folder/requirements.txt" --constraint "$folder/constraints.txt"
        echo "$wanted" > "$venv/installed"
    fi
}

answers() {
    "$venv/bin/python" - "$1" "$2" <<'PYTHON'
import sys, urllib.request
url, method = sys.argv[1:]
try:
    urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5).read()
except OSError:
    sys.exit(1)
PYTHON
}

stop_server() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$scratch"
}

# Starts moto's server on a free port of loopback, and stops it whatever happens. Nothing that runs after this may reach
# anything but that server: no profile, no proxy, no metadata service.
start_server() {
    local name port deadline
    scratch=$(mktemp -d)
    server=
    trap stop_server EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for name in $(compgen -e | grep -i -E '^AWS_|_proxy$' || true); do unset "$name"; done
    export AWS_CONFIG_FILE=$scratch/none AWS_SHARED_CREDENTIALS_FILE=$scratch/none AWS_EC2_METADATA_DISABLED=true
    export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
    export PYTHONDONTWRITEBYTECODE=1
    # AWS has its own managed policies in every account; moto only where it is asked for them.
    export MOTO_IAM_LOAD_MANAGED_POLICIES=true

    port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$venv/bin/python" "$root/tests/moto/serve.py" --host 127.0.0.1 --port "$port" > "$scratch/moto.log" 2>&1 &
    server=$!
    export AWS_ENDPOINT_URL=http://127.0.0.1:$port
    deadline=$((SECONDS + 60))
    until answers "$AWS_ENDPOINT_URL/moto-api/reset" POST; do
        if ! kill -0 "$server" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            echo "moto's server did not come up:" >&2
            tail -n 20 "$scratch/moto.log" >&2
            exit 1
        fi
        sleep 0.2
    done
}
