#!/usr/bin/env bash
# All tests: format lint, unit, end-to-end, interop. Runs every stage even when one fails, and ends with one line of totals.
# With CI=true a skipped test is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
stages=("$@")
if [ ${#stages[@]} -eq 0 ]; then stages=(lint unit end-to-end interop); fi

# Runs a stage; a stage that fails without any report is counted as one failure by summary.py.
stage() {
  local name=$1 code=0
  shift
  say "$name: $*"
  local start=$SECONDS
  "$@" || code=$?
  printf '%s\n' "$code" >"$reports/$name.exit"
  say "$name: exit $code after $((SECONDS - start)) s"
}

python_tests() { "$python" -m pytest --config-file Tests/pytest.ini --junitxml "$reports/$1.xml" "$2"; }

for name in "${stages[@]}"; do
  case $name in
    lint) stage lint Scripts/lint.sh ;;
    unit) stage unit swift test --parallel --xunit-output "$reports/unit.xml" ;;
    end-to-end | interop)
      if ! swift build; then
        printf '1\n' >"$reports/$name.exit"
        continue
      fi
      if [ "$name" = interop ]; then folder=Tests/Interop; else folder=Tests/EndToEnd; fi
      stage "$name" python_tests "$name" "$folder"
      ;;
    *) fail "unknown stage '$name': lint, unit, end-to-end or interop" ;;
  esac
done
"$python" Scripts/summary.py "$reports" "${stages[@]}"
