#!/usr/bin/env bash
# Format lint of all Swift sources. `Scripts/lint.sh --fix` formats them instead.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

paths=(Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Benchmarks)
if [ "${1:-}" = --fix ]; then
  swift format format --in-place --recursive --parallel "${paths[@]}"
else
  swift format lint --strict --recursive --parallel "${paths[@]}"
fi
