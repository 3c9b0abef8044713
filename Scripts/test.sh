#!/usr/bin/env bash
# All tests: format lint, documentation, unit, end-to-end, interop, and those of the lab, which needs root. Runs every stage even when one fails, and ends with one line of totals.
# With CI=true a skipped test is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
stages=("$@")
if [ ${#stages[@]} -eq 0 ]; then stages=(lint docs unit end-to-end interop lab); fi

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

# The tests against a real Active Directory, in a lab that comes and goes with them: the Swift suites LabTests on its host client and
# MemberLabTests on its member hop1, and Tests/ActiveDirectory. WINRM_LAB names a lab that is up already, or is to be left up.
lab_tests() {
  if [ "$(id -u)" -ne 0 ] || ! command -v samba >/dev/null; then
    say "lab: skipped, it needs root and the packages of Tests/Lab/packages.txt (Tests/Lab/up --install)"
    printf '<testsuites><testsuite><testcase name="lab"><skipped/></testcase></testsuite></testsuites>\n' >"$reports/lab.xml"
    return
  fi
  local code=0 keep=${WINRM_LAB:-}
  swift build --build-tests || return
  # In memory where there is room: the lab writes many small files.
  local place=/dev/shm
  [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 400000 ] || place=${TMPDIR:-/tmp}
  WINRM_LAB=${WINRM_LAB:-$(mktemp -d "$place/winrm-lab-XXXXXX")}
  export WINRM_LAB
  if Tests/Lab/up; then
    Tests/Lab/in client swift test --skip-build --filter LabTests --skip MemberLabTests --xunit-output "$reports/lab-client.xml" || code=$?
    Tests/Lab/in hop1 swift test --skip-build --filter MemberLabTests --xunit-output "$reports/lab-member.xml" || code=$?
    Tests/Lab/in client "$python" -m pytest --config-file Tests/pytest.ini --junitxml "$reports/lab-python.xml" Tests/ActiveDirectory || code=$?
  else
    code=$?
  fi
  [ -n "$keep" ] || Tests/Lab/down
  return "$code"
}

python_tests() { "$python" -m pytest --config-file Tests/pytest.ini --junitxml "$reports/$1.xml" "$2"; }

for name in "${stages[@]}"; do
  case $name in
    lint) stage lint Scripts/lint.sh ;;
    docs) stage docs Scripts/docs.py ;;
    # One after the other: side by side, a thousand tests share two threads, and those that measure time wait for those that compute.
    unit) stage unit swift test --no-parallel --skip LabTests --xunit-output "$reports/unit.xml" ;;
    lab) stage lab lab_tests ;;
    end-to-end | interop)
      if ! swift build; then
        printf '1\n' >"$reports/$name.exit"
        continue
      fi
      if [ "$name" = interop ]; then folder=Tests/Interop; else folder=Tests/EndToEnd; fi
      stage "$name" python_tests "$name" "$folder"
      ;;
    *) fail "unknown stage '$name': lint, docs, unit, end-to-end, interop or lab" ;;
  esac
done
"$python" Scripts/summary.py "$reports" "${stages[@]}"
